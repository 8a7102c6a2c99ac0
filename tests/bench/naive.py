"""What is measured against: a comment as django-mptt's own examples have it, and its template."""

from django.db import connection, models
from django.template import Context, Template
from mptt.models import MPTTModel, TreeForeignKey


class Naive(MPTTModel):
    """The columns of a Comment, written by django-mptt."""

    thread = models.BigIntegerField()
    parent = TreeForeignKey("self", null=True, on_delete=models.CASCADE, related_name="replies")
    ordinal = models.BigIntegerField(default=0)
    replies_given = models.IntegerField(default=0)
    author_name = models.CharField(max_length=255)
    state = models.CharField(max_length=8)
    state_at = models.DateTimeField()
    reason = models.CharField(max_length=20, blank=True)
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True)
    body_html = models.TextField(blank=True)

    class Meta:
        app_label = "bench"

    def __str__(self) -> str:
        return f"#{self.pk}"


def make_table() -> None:
    with connection.schema_editor() as editor:
        editor.create_model(Naive)
    index = models.Index(fields=["tree_id", "lft"], name="naive_tree_lft")
    with connection.schema_editor() as editor:
        editor.add_index(Naive, index)  # as tables made without migrations have it


TEMPLATE = Template(
    """{% load mptt_tags %}{% recursetree nodes %}<article class="comment" id="c{{ node.pk }}"
 data-number="{{ node.ordinal }}" data-depth="{{ node.level }}" data-parent="{{ node.parent_id|default:'' }}">
<a class="n" href="{% url 'comment' node.pk %}">{{ node.ordinal }}</a><details open><summary>
<b class="comment-author" dir="auto">{{ node.author_name }}</b>
<time datetime="{{ node.created_at|date:'c' }}">{{ node.created_at|date:'j F Y, H:i' }}</time></summary>
<div class="comment-body" dir="auto">{{ node.body_html|safe }}</div>
<p class="acts"><a class="lead" href="{% url 'reply' node.pk %}" data-form-link>reply</a></p>
{% if not node.is_leaf_node %}<div class="kids">{{ children }}</div>{% endif %}</details></article>
{% endrecursetree %}"""
)


def render(nodes: list[Naive]) -> str:
    return TEMPLATE.render(Context({"nodes": nodes}))
