"""The order of the moderators' queue, and the comments of a thread that is to be deleted.

On PostgreSQL people go on writing while these indexes are made.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from forum.discussions.models import Waits


class AddIndex(AddIndexConcurrently):
    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        else:
            migrations.AddIndex.database_forwards(
                self, app_label, schema_editor, from_state, to_state
            )

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)
        else:
            migrations.AddIndex.database_backwards(
                self, app_label, schema_editor, from_state, to_state
            )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('discussions', '0007_decisions_and_settings'),
    ]

    operations = [
        AddIndex(
            model_name='comment',
            index=models.Index(
                Waits('state'),
                models.F('created_at').desc(),
                models.F('id').desc(),
                name='comment_queue',
            ),
        ),
        AddIndex(
            model_name='comment',
            index=models.Index(fields=['thread'], name='comment_of_thread'),
        ),
    ]
