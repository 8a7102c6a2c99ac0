from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("films", "0018_privacy_of_staff_and_suggestions"),
    ]

    operations = [
        migrations.AddField(
            model_name="film",
            name="share",
            field=models.CharField(editable=False, max_length=40, null=True),
        ),
        migrations.AddField(
            model_name="film",
            name="share_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name="film",
            index=models.Index(
                condition=models.Q(("share_at", None)), fields=["id"], name="film_without_share"
            ),
        ),
    ]
