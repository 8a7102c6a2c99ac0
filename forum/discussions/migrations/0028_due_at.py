"""What waits already is due since it came to wait."""

from django.db import migrations
from django.db.models import F


def fill(apps, schema_editor):
    comments = apps.get_model("discussions", "Comment").objects
    comments.filter(state="held", due_at=None).update(due_at=F("state_at"))
    edits = apps.get_model("discussions", "HeldEdit").objects
    for comment_id, created_at in edits.values_list("comment_id", "created_at"):
        comments.filter(pk=comment_id, due_at=None).update(due_at=created_at)


class Migration(migrations.Migration):
    dependencies = [("discussions", "0027_reports_and_appeals")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
