from typing import Any

from django.db import migrations, models


def drop_own_index(apps: Any, schema_editor: Any) -> None:
    """Drop what db_index made on tree_id alone: it is the beginning of the new one.

    AlterField would drop comment_one_root_a_tree with it, which has the same column.
    """
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, "discussions_comment")
    for name, one in found.items():
        if one["index"] and not one["unique"] and one["columns"] == ["tree_id"]:
            schema_editor.execute(f"DROP INDEX {schema_editor.quote_name(name)}")


def make_own_index(apps: Any, schema_editor: Any) -> None:
    schema_editor.execute("CREATE INDEX comment_tree_id ON discussions_comment (tree_id)")


class Migration(migrations.Migration):
    dependencies = [
        ("discussions", "0009_topic_of_lobby"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="comment",
            index=models.Index(fields=["tree_id", "level"], name="comment_by_level"),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(drop_own_index, make_own_index)],
            state_operations=[
                migrations.AlterField(
                    model_name="comment",
                    name="tree_id",
                    field=models.BigIntegerField(editable=False),
                ),
            ],
        ),
    ]
