"""The privacy page learns of marks, of being forgotten and of looks. An owner's own page is left as it is."""

from django.db import migrations

ROW = "<tr><td>session</td>"
NEW_ROW = (
    "<tr><td>preferences</td><td>you choose how pages look</td><td>keeps that choice</td>"
    "<td>a year</td></tr>\n"
)
PENS = (
    "You can delete them\nin your browser whenever you like. Without the pen your old comments stay, but"
    " your browser can no\nlonger change them.</p>"
)
NEW_PENS = (
    "You can delete them\nin your browser whenever you like, or all at once:"
    ' <a href="/my/forget/">forget this browser</a>. Without the pen your old comments stay, but'
    " your browser can no\nlonger change them; there you can have them erased, too.</p>\n"
    "<p>All that is written with one pen carries one small mark, under whatever name, and can be read as a"
    " list. Neither tells your address or network. If you confirmed an e-mail address, a lost pen comes"
    " back by a letter to it, for which that address is kept until you take it out.</p>"
)


def change(apps, schema_editor):
    pages = apps.get_model("flatpages", "FlatPage").objects.using(schema_editor.connection.alias)
    for page in pages.filter(url="/privacy/"):
        if page.content.count(ROW) == page.content.count(PENS) == 1:
            has_row = "<tr><td>preferences</td>" in page.content
            page.content = page.content.replace(ROW, ROW if has_row else NEW_ROW + ROW)
            page.content = page.content.replace(PENS, NEW_PENS)
            page.save(update_fields=["content"])


class Migration(migrations.Migration):
    dependencies = [
        ("discussions", "0018_privacy_of_notices"),
        ("flatpages", "0001_initial"),
    ]
    operations = [migrations.RunPython(change, migrations.RunPython.noop)]
