from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('films', '0002_house_pages'),
    ]

    operations = [
        migrations.AddField(
            model_name='film',
            name='original_key',
            field=models.CharField(db_index=True, default='', editable=False, max_length=220),
        ),
        migrations.AddField(
            model_name='film',
            name='title_key',
            field=models.CharField(db_index=True, default='', editable=False, max_length=220),
        ),
    ]
