"""SQLite wrote the table of texts anew for a column and dropped the triggers that keep the index."""

from django.db import migrations

from forum.index import tables


class Migration(migrations.Migration):
    dependencies = [("discussions", "0036_event_but_posts")]
    operations = [tables.made(tables.COMMENT)]
