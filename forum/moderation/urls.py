from django.urls import path

from forum.moderation import public_log

urlpatterns = [path("moderation/log/", public_log.log, name="moderation_log")]
