"""The privacy page learns what is kept of following and muting. An owner's own page is left as it is."""

from django.db import migrations

MEMBERS = "<p>You can delete your account."
NEW_MEMBERS = (
    "<p>We keep what you follow, whom and which words you mute, and of what you were told: read notices for"
    " 90 days, others for a year. Nobody else is shown that.</p>\n"
)


def change(apps, schema_editor):
    pages = apps.get_model("flatpages", "FlatPage").objects.using(schema_editor.connection.alias)
    for page in pages.filter(url="/privacy/"):
        if page.content.count(MEMBERS) == 1:
            page.content = page.content.replace(MEMBERS, NEW_MEMBERS + MEMBERS)
            page.save(update_fields=["content"])


class Migration(migrations.Migration):
    dependencies = [
        ("discussions", "0017_topic_by_path"),
        ("flatpages", "0001_initial"),
    ]
    operations = [migrations.RunPython(change, migrations.RunPython.noop)]
