from django.urls import path

from forum.accounts import address_views, views

urlpatterns = [
    path("login/", views.login, name="login"),
    path("logout/", views.logout, name="logout"),
    path("mail/confirm/<str:token>/", address_views.confirm, name="mail_confirm"),
    path("mail/stop/<str:token>/", address_views.stop, name="mail_stop"),
]
