from django.urls import path, re_path

from forum.discussions import feeds, people, views

urlpatterns = [
    path("comments/<int:comment_id>/", views.comment_page, name="comment"),
    path("comments/<int:comment_id>/reply/", views.reply, name="reply"),
    path("comments/<int:comment_id>/edit/", views.edit, name="edit"),
    path("comments/<int:comment_id>/delete/", views.delete, name="delete"),
    path("comments/<int:comment_id>/undelete/", views.undelete, name="undelete"),
    path("comments/<int:comment_id>/history/", views.history, name="history"),
    path("topics/<int:topic_id>/comments/new/", views.comment_new, name="comment_new"),
    path("my/comments/", views.my_comments, name="my_comments"),
    path("members/<int:member_id>/", people.member_page, name="member"),
    path("account/name/", people.name, name="name"),
    path("account/claim/", people.claim, name="claim"),
    path("account/leave/", people.leave, name="leave"),
    path("lobby/", views.lobby, name="lobby"),
    path("lobby/<int:topic_id>/", views.topic_page, name="topic"),
    re_path(
        r"^lobby/(?P<topic_id>\d{1,18})/(?P<number>\d[\d.]*)$",
        views.topic_number,
        name="topic_number",
    ),
    path("feeds/comments.atom", feeds.site_feed, name="site_feed"),
]
