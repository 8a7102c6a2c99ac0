"""Whether a form arrived, for a browser that keeps what it sent until it knows."""

import uuid

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from forum.discussions import answers
from forum.discussions.models import CommentText


@require_safe
def sent(request: HttpRequest, submission: uuid.UUID) -> HttpResponse:
    """Say where the comment is that came of a form; 404: none did.

    Nobody is asked who he is: the id was shown to the writer of the form alone, and a guest whose
    first answer was lost has no pen to show. Nothing is told but the id of the comment.
    """
    found = CommentText.objects.filter(submission=submission).values_list("comment_id").first()
    if found is None:
        raise Http404
    return answers.private(JsonResponse({"address": reverse("comment", args=found)}))
