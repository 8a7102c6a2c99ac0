from django.db import migrations, models


class Migration(migrations.Migration):
    """Without a value at first: a default would be made once for all rows."""

    dependencies = [("accounts", "0007_notices")]
    operations = [
        migrations.AddField(
            model_name="pen",
            name="public_id",
            field=models.CharField(editable=False, max_length=16, null=True),
        ),
    ]
