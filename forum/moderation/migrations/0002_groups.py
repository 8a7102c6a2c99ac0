"""The groups and exactly their rights, some of which a new database does not have rows for yet.

Content types and permissions are made here where they are missing; Django's own step after
migrations finds them and makes no second ones.
"""

from django.db import migrations

NAMES = {  # codenames that are no "<verb>_<model>" of Django's: what they say
    "moderate_comment": "Can approve, hold, remove and restore comments",
    "senior_comment": "Can purge and erase comments and see what was redacted",
    "suspend_user": "Can suspend members",
}
VIEWER = [
    "discussions.comment.view_comment",
    "discussions.topic.view_topic",
    "films.film.view_film",
    "films.person.view_person",
    "films.category.view_category",
]
MODERATOR = [
    "discussions.comment.moderate_comment",
    "discussions.comment.view_comment",
    "discussions.topic.view_topic",
    "films.film.view_film",
]
SENIOR = [
    *MODERATOR,
    "discussions.comment.senior_comment",
    "accounts.user.view_user",
    "accounts.user.suspend_user",
    "accounts.pen.view_pen",
]
EDITOR = [
    f"films.{model}.{verb}_{model}"
    for model in ("film", "person", "category")
    for verb in ("add", "change", "view")
]
ADMINISTRATOR = [
    *dict.fromkeys([*VIEWER, *SENIOR, *EDITOR]),
    "discussions.topic.add_topic",
    "discussions.topic.change_topic",
    "accounts.user.add_user",
    "accounts.user.change_user",
    *(f"flatpages.flatpage.{verb}_flatpage" for verb in ("add", "change", "delete", "view")),
    "transfer.importbatch.add_importbatch",
    "worker.letter.view_letter",
    "worker.letter.change_letter",
]
GROUPS = {
    "viewer": VIEWER,
    "moderator": MODERATOR,
    "senior": SENIOR,
    "editor": EDITOR,
    "administrator": ADMINISTRATOR,
}


def name_of(codename):
    verb, _bar, model = codename.partition("_")
    words = {"importbatch": "import", "flatpage": "flat page", "user": "member", "pen": "guest"}
    return NAMES.get(codename, f"Can {verb} {words.get(model, model)}")


def make(apps, schema_editor):
    alias = schema_editor.connection.alias
    content_types = apps.get_model("contenttypes", "ContentType").objects.using(alias)
    permissions = apps.get_model("auth", "Permission").objects.using(alias)
    groups = apps.get_model("auth", "Group").objects.using(alias)
    for name, rights in GROUPS.items():
        group, _made = groups.get_or_create(name=name)
        wanted = []
        for right in rights:
            app, model, codename = right.split(".")
            kind, _made = content_types.get_or_create(app_label=app, model=model)
            found, _made = permissions.get_or_create(
                content_type=kind, codename=codename, defaults={"name": name_of(codename)}
            )
            wanted.append(found)
        group.permissions.set(wanted)


def unmake(apps, schema_editor):
    groups = apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias)
    groups.filter(name__in=set(GROUPS) - {"moderator"}).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("moderation", "0001_moderators"),
        ("discussions", "0007_decisions_and_settings"),
        ("flatpages", "0001_initial"),
    ]
    operations = [migrations.RunPython(make, unmake)]
