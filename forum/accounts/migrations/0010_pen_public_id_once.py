import forum.accounts.models
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_pens_named")]
    operations = [
        migrations.AlterField(
            model_name="pen",
            name="public_id",
            field=models.CharField(
                default=forum.accounts.models.public_id_of_a_pen, editable=False, max_length=16, unique=True
            ),
        ),
    ]
