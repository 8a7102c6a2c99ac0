from django.db import migrations

from forum.index import tables


class Migration(migrations.Migration):
    dependencies = [("discussions", "0024_fill_search_words")]
    operations = [tables.made(tables.COMMENT), tables.made(tables.TOPIC)]
