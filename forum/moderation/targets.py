"""Where to: a talk or a comment, named by its address or number as a person pastes it."""

import re
from typing import Any
from urllib.parse import unquote, urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from forum.discussions.models import Comment, Topic

_LOBBY = re.compile(r"^/lobby/(\d{1,18})/?$")
_COMMENT = re.compile(r"^(?:#|/comments/)?(\d{1,18})/?$")


class TopicField(forms.CharField):
    """The address of a film or of a talk in the Lobby; the value is the Topic."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        path = unquote(urlsplit(text).path) or text
        if match := _LOBBY.match(path):
            found = Topic.objects.in_lobby().filter(pk=int(match[1])).first()
        else:
            path = "/" + path.strip("/") + "/"
            found = Topic.objects.of_films().filter(path=path).first()
        if found is None:
            raise ValidationError(_("There is no talk at this address."), "topic-gone")
        return found


class CommentField(forms.CharField):
    """The address of a comment's page or its id; the value is the Comment."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        match = _COMMENT.match(urlsplit(text).path or text)
        rows = Comment.objects.exclude_purged().with_text()
        found = rows.filter(pk=int(match[1])).first() if match else None
        if found is None:
            raise ValidationError(_("There is no such comment."), "parent-gone")
        return found
