from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('discussions', '0008_comment_indexes'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='topic',
            index=models.Index(
                fields=['id'], condition=models.Q(('path', '')), name='topic_of_lobby'
            ),
        ),
    ]
