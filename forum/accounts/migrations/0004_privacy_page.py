"""The privacy page learns what is kept about members. An owner's own page is left as it is."""

from importlib import import_module

from django.db import migrations

WAS = """<p>We keep your name, your e-mail address, a hash of your password, when you joined and when you last
signed in, and what you wrote. Your name is shown with your comments.</p>
"""
IS = """<p>We keep your name, your e-mail address if this site asks for one, a hash of your password, your
settings and second factors, when you joined and when you last signed in, and what you wrote. For each
place where you are signed in we keep what the browser says of itself and the beginning of the network
address, until you sign out. Your name, the month you joined and your public comments are shown to all.</p>
<p>You can delete your account. A day later it is erased: your comments, or your name on them, as you
choose, and everything else. For 180 days a fingerprint of the name is kept, so that nobody else takes
it.</p>
"""
ROW = "<tr><td>session</td>"
NEW_ROW = (
    "<tr><td>language</td><td>a member chooses a language</td><td>shows pages in it</td>"
    "<td>a year</td></tr>\n"
)


def change(apps, schema_editor):
    house = import_module("films.migrations.0002_house_pages")
    pages = apps.get_model("flatpages", "FlatPage").objects.using(schema_editor.connection.alias)
    was = house.PRIVACY.strip()
    new = was.replace(WAS, IS).replace(ROW, NEW_ROW + ROW)
    pages.filter(url="/privacy/", content=was).update(content=new)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_member_settings"),
        ("films", "0002_house_pages"),
        ("flatpages", "0001_initial"),
    ]
    operations = [migrations.RunPython(change, migrations.RunPython.noop)]
