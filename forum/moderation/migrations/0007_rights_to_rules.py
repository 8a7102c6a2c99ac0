"""Senior staff and administrators change the rules; whoever moderates reads them."""

from django.db import migrations

GROUPS = ("senior", "administrator")


def make(apps, schema_editor):
    alias = schema_editor.connection.alias
    content_types = apps.get_model("contenttypes", "ContentType").objects.using(alias)
    permissions = apps.get_model("auth", "Permission").objects.using(alias)
    kind, _made = content_types.get_or_create(app_label="moderation", model="rulesversion")
    right, _made = permissions.get_or_create(
        content_type=kind,
        codename="change_rulesversion",
        defaults={"name": "Can change version of the rules"},
    )
    for group in apps.get_model("auth", "Group").objects.using(alias).filter(name__in=GROUPS):
        group.permissions.add(right)


class Migration(migrations.Migration):
    dependencies = [("moderation", "0006_rules_version")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
