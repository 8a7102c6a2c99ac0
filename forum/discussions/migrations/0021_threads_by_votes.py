"""The choice of threads for "best" and "controversial"; on PostgreSQL people go on writing meanwhile."""

from importlib import import_module

from django.db import migrations, models

AddIndex = import_module("forum.discussions.migrations.0008_comment_indexes").AddIndex


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('discussions', '0020_votes'),
    ]

    operations = [
        AddIndex(
            model_name='thread',
            index=models.Index(fields=['topic', 'best', 'id'], name='thread_by_best'),
        ),
        AddIndex(
            model_name='thread',
            index=models.Index(
                fields=['topic', 'controversy', 'id'], name='thread_by_controversy'
            ),
        ),
    ]
