from django.urls import path

from forum.search import feeds, views

urlpatterns = [
    path("search/", views.search, name="search"),
    path("search/comments.atom", feeds.search_feed, name="search_feed"),
    path("search/suggest/", views.suggest, name="suggest"),
]
