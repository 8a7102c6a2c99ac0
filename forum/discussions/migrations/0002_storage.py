"""PostgreSQL keeps half of each page free, so that the shift of a reply is a HOT update (trees.md 6)."""

from django.db import migrations


def loosen(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute(
        "ALTER TABLE discussions_comment SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02)"
    )
    schema_editor.execute("ALTER TABLE discussions_thread SET (fillfactor = 50)")


class Migration(migrations.Migration):
    dependencies = [("discussions", "0001_initial")]
    operations = [migrations.RunPython(loosen, migrations.RunPython.noop)]
