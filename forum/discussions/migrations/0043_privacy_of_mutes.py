"""The privacy page learns of a guest's mutes. An owner's own page is left as it is."""

from django.db import migrations

ROW = "<tr><td>session</td>"
NEW_ROW = (
    "<tr><td>muted</td><td>you mute somebody, or words, without an account</td>"
    "<td>keeps whom and which words</td><td>a year</td></tr>\n"
)


def change(apps, schema_editor):
    pages = apps.get_model("flatpages", "FlatPage").objects.using(schema_editor.connection.alias)
    for page in pages.filter(url="/privacy/"):
        if page.content.count(ROW) == 1 and "<tr><td>muted</td>" not in page.content:
            page.content = page.content.replace(ROW, NEW_ROW + ROW)
            page.save(update_fields=["content"])


class Migration(migrations.Migration):
    dependencies = [
        ("discussions", "0042_notices_of_persons"),
        ("flatpages", "0001_initial"),
    ]
    operations = [migrations.RunPython(change, migrations.RunPython.noop)]
