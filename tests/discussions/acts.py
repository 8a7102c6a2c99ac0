"""An edit as tests make it, what is stored afterwards, and with which code an act refuses."""

import pytest
from django.core.exceptions import ValidationError

from forum.discussions import services
from forum.discussions.models import Comment, Topic


def now(comment):
    return Comment.objects.with_text().get(pk=comment.pk)


def version(topic):
    return Topic.objects.values_list("version", flat=True).get(pk=topic.pk)


def refusal(act, **kwargs):
    """Return the code with which `act` refuses."""
    with pytest.raises(ValidationError) as refused:
        act(**kwargs)
    assert refused.value.messages[0]
    return refused.value.code


def edit(comment, by, body="Changed", **kwargs):
    base = kwargs.pop("base", services.text_version(now(comment)))
    return services.edit_comment(comment_id=comment.pk, by=by, body=body, base=base, **kwargs)
