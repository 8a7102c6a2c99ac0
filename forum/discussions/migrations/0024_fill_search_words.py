"""Give texts and titles that are there already the words that they are found by."""

from django.db import migrations

from forum import markup
from forum.index import folding
from forum.index.tables import key_of

AT_ONCE = 500


def fill(apps, schema_editor):
    texts = apps.get_model("discussions", "CommentText").objects.select_related("comment")
    last = 0
    while found := list(texts.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
        for text in found:
            text.words = folding.running(markup.open_words(text.body_html))
            text.search_key = key_of(text.comment.created_at, text.pk)
        texts.bulk_update(found, ["words", "search_key"], batch_size=100)
        last = found[-1].pk
    topics = apps.get_model("discussions", "Topic").objects.only("pk", "title")
    last = 0
    while found := list(topics.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
        for topic in found:
            topic.folded = folding.titles(topic.title)
        topics.bulk_update(found, ["folded"], batch_size=100)
        last = found[-1].pk


class Migration(migrations.Migration):
    dependencies = [("discussions", "0023_search_words")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
