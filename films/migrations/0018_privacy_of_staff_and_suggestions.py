"""The privacy page learns of suggestions of films, and of what moderators write down: notes, warnings and
blocks. An owner's own page is left as it is.
"""

from django.db import migrations

TAKING_BACK = "<h2>Taking things back</h2>"
NEW = (
    "<h2>If you suggest a film</h2>\n<p>We keep what you wrote, with your sources, when, and the answer; if"
    " you are signed in, also that it was you, and without an account nothing ties it to you. The people"
    " who look after the catalogue read it. Everybody else needs the secret address of its page, which we"
    " give to you alone. It stays for as long as this site does, so that we know where our facts come"
    " from; when your account is erased, it stays without you.</p>\n"
    "<h2>What moderators write down</h2>\n<p>Moderators can leave each other private notes about somebody"
    " who writes here, so that the next one need not begin anew. Nobody else ever reads them, and neither"
    ' do you. A warning is meant for you: you find it, and why, under <a href="/my/warnings/">your'
    " warnings</a>; no reader sees it, and moderators see that you had one. Notes and warnings go with"
    " your account or pen when that is erased, and not before.</p>\n"
    "<p>Where harm comes back again and again, we can block a network, a mail domain or a pattern of names"
    " for guests and new accounts. Each block has an end date: 30 days off at most for a network, a year"
    " for the others. Of a network we keep the keyed fingerprint alone, and forget it once the block is"
    " over; a domain or a pattern stays in the list of blocks. That list is read by the moderators who may"
    " block, and by nobody else. If one meets you by mistake, write to us by the"
    ' <a href="/contact/">contact page</a>.</p>\n'
)


def change(apps, schema_editor):
    pages = apps.get_model("flatpages", "FlatPage").objects.using(schema_editor.connection.alias)
    for page in pages.filter(url="/privacy/"):
        if page.content.count(TAKING_BACK) == 1:
            page.content = page.content.replace(TAKING_BACK, NEW + TAKING_BACK)
            page.save(update_fields=["content"])


class Migration(migrations.Migration):
    dependencies = [
        ("films", "0017_rules_by_anchor"),
        ("accounts", "0013_blocks_and_closed_pens"),
        ("discussions", "0034_sanctions"),
        ("flatpages", "0001_initial"),
    ]
    operations = [migrations.RunPython(change, migrations.RunPython.noop)]
