from django.urls import path, re_path, register_converter
from django.urls.converters import StringConverter

from films import feeds, oembed, paths, sitemap, suggesting, views


class Slug(StringConverter):
    """An address of letters of any script; is_slug() says which, the database whether it is one."""

    regex = r"[^/\x00-\x20]{1,220}"


register_converter(Slug, "letters")

urlpatterns = [
    path("", views.home, name="home"),
    path("films/", views.catalogue, name="catalogue"),
    path("films/random/", paths.random_film, name="random_film"),
    path("films/suggest/", suggesting.suggest_page, name="suggest_film"),
    path("films/suggest/like", suggesting.like_piece, name="films_like"),
    path("films/suggestions/<str:key>/", suggesting.suggestion_page, name="suggestion"),
    path("films/<letters:slug>/", views.film, name="film"),
    path("films/<letters:slug>/since/", views.film_since, name="film_since"),
    path("films/<letters:slug>/news", views.film_news, name="film_news"),
    path("films/<letters:slug>/comments.atom", views.film_feed, name="film_feed"),
    re_path(
        rf"^films/(?P<slug>{Slug.regex})/(?P<number>\d[\d.]*)$",
        views.film_number,
        name="film_number",
    ),
    path("categories/<letters:slug>/films.atom", feeds.category_feed, name="category_feed"),
    path("people/<letters:slug>/films.atom", feeds.person_feed, name="person_feed"),
    path("oembed", oembed.oembed, name="oembed"),
    path("categories/<letters:slug>/", views.category, name="category"),
    path("people/<letters:slug>/", paths.person, name="person"),
    path("decades/", paths.decades, name="decades"),
    path("decades/<int:decade>/", paths.decade, name="decade"),
    path("years/<int:year>/", paths.year, name="year"),
    path("about/", views.house_page, {"url": "/about/"}, name="about"),
    path("rules/", views.house_page, {"url": "/rules/"}, name="rules"),
    path("privacy/", views.house_page, {"url": "/privacy/"}, name="privacy"),
    path("contact/", views.house_page, {"url": "/contact/"}, name="contact"),
    path("media/<path:name>", views.uploaded, name="media"),
    path("sitemap.xml", sitemap.sitemap, name="sitemap"),
    path("robots.txt", views.robots, name="robots"),
]
