"""Each pen that is there gets a name for addresses."""

import secrets

from django.db import migrations

BATCH = 2_000


def name(apps, schema_editor):
    Pen = apps.get_model("accounts", "Pen")
    pens = Pen.objects.using(schema_editor.connection.alias)
    some: list = []
    # By number: what is changed is not read again.
    for pen in pens.order_by("pk").only("pk").iterator(BATCH):
        pen.public_id = secrets.token_hex(8)
        some.append(pen)
        if len(some) == BATCH:
            pens.bulk_update(some, ["public_id"])
            some.clear()
    pens.bulk_update(some, ["public_id"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_pen_public_id")]
    operations = [migrations.RunPython(name, migrations.RunPython.noop, elidable=True)]
