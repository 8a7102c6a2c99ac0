from django.db import migrations, models

from films import touched


def begin(apps, schema_editor):
    """Write a first row, so that who reads the log has one to know it by."""
    apps.get_model("films", "FilmChange").objects.create(film_id=0, mark=1)


class Migration(migrations.Migration):
    dependencies = [
        ("films", "0013_film_ids"),
        ("discussions", "0033_newcomers"),
    ]
    operations = [
        migrations.CreateModel(
            name="FilmChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("film_id", models.BigIntegerField()),
                ("mark", models.BigIntegerField(db_index=True)),
            ],
        ),
        migrations.RunPython(begin, migrations.RunPython.noop),
        touched.watched(),
    ]
