from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0011_pen_by_confirmed_email'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='order',
            field=models.CharField(blank=True, db_default='', editable=False, max_length=13),
        ),
    ]
