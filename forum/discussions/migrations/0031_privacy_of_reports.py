"""The privacy page learns of reports. An owner's own page is left as it is."""

from django.db import migrations

PEN = "<tr><td>pen</td><td>a guest posts or votes</td>"
NEW_PEN = "<tr><td>pen</td><td>a guest posts, votes or reports</td>"
TAKING_BACK = "<h2>Taking things back</h2>"
REPORTS = (
    "<h2>If you report a comment</h2>\n<p>We keep which comment you reported, why, and your words, and"
    " tell you what came of it. Moderators read them; the author of the comment is never told who"
    " reported it. An address that you leave because something may be against the law is seen by"
    " moderators alone and emptied 180 days after the decision. When your account or pen is erased, your"
    " reports go with it, but for those that still wait for a moderator: they stay without you.</p>\n"
    "<h2>If you appeal</h2>\n<p>We keep what you say against a decision about a comment of yours, and the"
    " answer, as long as the comment. The public log of the moderators names nobody.</p>\n"
)


def change(apps, schema_editor):
    pages = apps.get_model("flatpages", "FlatPage").objects.using(schema_editor.connection.alias)
    for page in pages.filter(url="/privacy/"):
        if all(page.content.count(part) == 1 for part in (PEN, TAKING_BACK)):
            page.content = page.content.replace(PEN, NEW_PEN)
            page.content = page.content.replace(TAKING_BACK, REPORTS + TAKING_BACK)
            page.save(update_fields=["content"])


class Migration(migrations.Migration):
    dependencies = [
        ("discussions", "0030_notices_of_staff"),
        ("flatpages", "0001_initial"),
    ]
    operations = [migrations.RunPython(change, migrations.RunPython.noop)]
