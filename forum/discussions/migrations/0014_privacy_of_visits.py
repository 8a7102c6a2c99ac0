"""The privacy page learns that visits are remembered. An owner's own page is left as it is."""

from django.db import migrations

ROW = "<tr><td>session</td>"
NEW_ROW = (
    "<tr><td>seen</td><td>you choose “mark what is new” without an account</td><td>says up to when you"
    " have read the last 50 talks, so that later comments can be marked</td><td>a year</td></tr>\n"
)
MEMBERS = "<p>You can delete your account."
NEW_MEMBERS = (
    "<p>For each talk that you looked at we keep until when you have read it, for a year at most, so that"
    " what came later can be marked as new. Nobody else is shown that.</p>\n"
)


def change(apps, schema_editor):
    pages = apps.get_model("flatpages", "FlatPage").objects.using(schema_editor.connection.alias)
    for page in pages.filter(url="/privacy/"):
        if page.content.count(ROW) == page.content.count(MEMBERS) == 1:
            page.content = page.content.replace(ROW, NEW_ROW + ROW)
            page.content = page.content.replace(MEMBERS, NEW_MEMBERS + MEMBERS)
            page.save(update_fields=["content"])


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_privacy_page"),
        ("discussions", "0013_comment_by_appearance"),
        ("flatpages", "0001_initial"),
    ]
    operations = [migrations.RunPython(change, migrations.RunPython.noop)]
