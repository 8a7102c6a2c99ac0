from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_privacy_page'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='user',
            index=models.Index(
                fields=['username'], condition=models.Q(('is_staff', True)), name='member_staff'
            ),
        ),
    ]
