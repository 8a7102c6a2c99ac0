from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("discussions", "0012_visits"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="comment",
            index=models.Index(fields=["thread", "state_at"], name="comment_by_appearance"),
        ),
        migrations.RemoveIndex(model_name="comment", name="comment_of_thread"),
    ]
