from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('films', '0008_fill_film_countries'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='person',
            index=models.Index(fields=['name', 'id'], name='person_by_name'),
        ),
    ]
