from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("discussions", "0025_search_index"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="comment",
            index=models.Index(
                fields=["author_name", "id"],
                condition=~models.Q(author_name=""),
                name="comment_by_author_name",
            ),
        ),
    ]
