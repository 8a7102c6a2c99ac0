"""The search box."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from films import words
from forum.accounts.limits import hit, network_key
from forum.accounts.readers import reader_of
from forum.discussions import answers
from forum.search.titles import films_and_people

QUERY_CHARS = 200


@require_safe
def search(request: HttpRequest) -> HttpResponseBase:
    """Films and people by the words of ?q=; without it the empty box. 429 for too many searches."""
    query = " ".join(request.GET.get("q", "")[:QUERY_CHARS].split())

    def make() -> HttpResponse:
        wait = hit("search:network", network_key(request)) if query else 0
        if wait:
            response = render(request, "errors/429.html", {"seconds": wait}, status=429)
            response.headers["Retry-After"] = str(wait)
            return response
        found = films_and_people(query, reader_of(request))
        has_words = bool(words.search_words(query))
        return render(
            request,
            "films/search.html",
            {"query": query, "found": found, "has_words": has_words},
        )

    return answers.shared(request, None, make)
