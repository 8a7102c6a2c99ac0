"""Give films and people that are there already what they share with slips of the pen."""

from django.db import migrations

from forum.index import folding

AT_ONCE = 500


def fill(apps, schema_editor):
    for model in ("Film", "Person"):
        rows, last = apps.get_model("films", model).objects.only("pk", "folded"), 0
        while found := list(rows.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
            for row in found:
                row.slips = folding.slips(row.folded.split())
            rows.bulk_update(found, ["slips"], batch_size=100)
            last = found[-1].pk


class Migration(migrations.Migration):
    dependencies = [("films", "0010_slips")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
