"""The privacy page learns of votes and of the order of talks. An owner's own page is left as it is."""

from django.db import migrations

ROW = "<tr><td>session</td>"
NEW_ROW = (
    "<tr><td>order</td><td>you choose an order of talks</td><td>keeps that choice</td>"
    "<td>a year</td></tr>\n"
)
PEN = "<tr><td>pen</td><td>a guest posts</td>"
NEW_PEN = "<tr><td>pen</td><td>a guest posts or votes</td>"
TAKING_BACK = "<h2>Taking things back</h2>"
VOTES = (
    "<h2>If you vote</h2>\n<p>We keep that you voted for or against a comment, so that each reader votes"
    " once. Nobody is shown who voted how; only the sum is. Your votes go when you take them back, or"
    " with your account or pen when that is erased.</p>\n"
)


def change(apps, schema_editor):
    pages = apps.get_model("flatpages", "FlatPage").objects.using(schema_editor.connection.alias)
    for page in pages.filter(url="/privacy/"):
        if all(page.content.count(part) == 1 for part in (ROW, PEN, TAKING_BACK)):
            page.content = page.content.replace(ROW, NEW_ROW + ROW).replace(PEN, NEW_PEN)
            page.content = page.content.replace(TAKING_BACK, VOTES + TAKING_BACK)
            page.save(update_fields=["content"])


class Migration(migrations.Migration):
    dependencies = [
        ("discussions", "0021_threads_by_votes"),
        ("flatpages", "0001_initial"),
    ]
    operations = [migrations.RunPython(change, migrations.RunPython.noop)]
