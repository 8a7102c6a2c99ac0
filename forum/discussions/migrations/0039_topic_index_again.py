"""SQLite wrote the table of topics anew for a column and dropped the triggers that keep the index."""

from django.db import migrations

from forum.index import tables


class Migration(migrations.Migration):
    dependencies = [("discussions", "0038_branches")]
    operations = [tables.made(tables.TOPIC)]
