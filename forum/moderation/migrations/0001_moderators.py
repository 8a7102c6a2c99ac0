"""The group "moderator" with its rights, which a new database does not have rows for yet."""

from django.db import migrations

GROUP = "moderator"
RIGHTS = {  # (app, model): {codename: name, as Django writes it}
    ("discussions", "comment"): {
        "moderate_comment": "Can approve, hold, remove and restore comments",
        "view_comment": "Can view comment",
    },
    ("discussions", "topic"): {"view_topic": "Can view topic"},
    ("films", "film"): {"view_film": "Can view film"},
}


def make(apps, schema_editor):
    alias = schema_editor.connection.alias
    content_types = apps.get_model("contenttypes", "ContentType").objects.using(alias)
    permissions = apps.get_model("auth", "Permission").objects.using(alias)
    group, _made = apps.get_model("auth", "Group").objects.using(alias).get_or_create(name=GROUP)
    for (app, model), rights in RIGHTS.items():
        kind, _made = content_types.get_or_create(app_label=app, model=model)
        for codename, name in rights.items():
            right, _made = permissions.get_or_create(
                content_type=kind, codename=codename, defaults={"name": name}
            )
            group.permissions.add(right)


def unmake(apps, schema_editor):
    groups = apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias)
    groups.filter(name=GROUP).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("discussions", "0001_initial"),
    ]
    operations = [migrations.RunPython(make, unmake)]
