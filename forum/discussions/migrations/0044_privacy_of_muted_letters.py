"""The privacy page learns that letters ask what a guest muted. An owner's own page is left as it is."""

from django.db import migrations

ADDRESS = "for which that address is kept until you take it out.</p>"
NEW_ADDRESS = (
    "for which that address is kept until you take it out. With an address we keep whom and which words you"
    " mute, too, so that no letter brings them to you; it goes with the address, or with the letters.</p>"
)


def change(apps, schema_editor):
    pages = apps.get_model("flatpages", "FlatPage").objects.using(schema_editor.connection.alias)
    for page in pages.filter(url="/privacy/"):
        if page.content.count(ADDRESS) == 1:
            page.content = page.content.replace(ADDRESS, NEW_ADDRESS)
            page.save(update_fields=["content"])


class Migration(migrations.Migration):
    dependencies = [
        ("discussions", "0043_privacy_of_mutes"),
        ("flatpages", "0001_initial"),
    ]
    operations = [migrations.RunPython(change, migrations.RunPython.noop)]
