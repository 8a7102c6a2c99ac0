from django.db import migrations

from forum.index import tables


class Migration(migrations.Migration):
    dependencies = [("films", "0011_fill_slips")]
    operations = [tables.made(tables.FILM), tables.made(tables.PERSON)]
