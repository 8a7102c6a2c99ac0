"""An edit of what readers do not see asks nobody anything: it is due again with its comment."""

from django.db import migrations


def clear(apps, schema_editor):
    comments = apps.get_model("discussions", "Comment").objects
    comments.exclude(due_at=None).exclude(state__in=["public", "held"]).update(due_at=None)


class Migration(migrations.Migration):
    dependencies = [("discussions", "0031_privacy_of_reports")]
    operations = [migrations.RunPython(clear, migrations.RunPython.noop)]
