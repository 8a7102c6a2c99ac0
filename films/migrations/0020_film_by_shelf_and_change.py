from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("films", "0019_share_pictures"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="film",
            index=models.Index(
                fields=["category", "state", "updated_at"], name="film_by_shelf_and_change"
            ),
        ),
    ]
