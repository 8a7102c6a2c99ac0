"""Atom: the newest comments that a search finds."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from forum.accounts.readers import ANYBODY
from forum.discussions import answers, feeds
from forum.discussions.models import Comment
from forum.index.finding import TooMuch
from forum.search import comments
from forum.search.narrowing import Question
from forum.search.views import Wanted, too_many

ENTRIES = 50


@require_safe
def search_feed(request: HttpRequest) -> HttpResponseBase:
    """The newest comments that anybody may read and that ?q= finds, in one talk with &topic=."""

    def make() -> HttpResponse:
        wanted = Wanted.of(request.GET, ANYBODY)
        refused = too_many(request) if wanted.query else None
        if refused:
            return refused
        found: list[Comment] = []
        if not wanted.asked.is_empty:
            question = Question(wanted.asked, ANYBODY)
            topic_id = wanted.topic.pk if wanted.topic else None
            try:
                hits = comments.comments(question, most=ENTRIES, topic_id=topic_id)
                found = [hit.comment for hit in hits.rows]
            except TooMuch:
                found = []
        title = _("%(site)s: %(query)s") % {"site": settings.SITE_NAME, "query": wanted.query}
        link = f"/search/{wanted.address(**{'in': 'comments', 'sort': ''})}"
        return feeds.atom(found, title=title, link=link, own=request.get_full_path())

    return answers.shared(request, None, make)
