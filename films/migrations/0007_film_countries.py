import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('films', '0006_first_versions'),
    ]

    operations = [
        migrations.CreateModel(
            name='FilmCountry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=3)),
                ('film', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='films.film')),
            ],
            options={
                'indexes': [models.Index(fields=['code', 'film'], name='film_by_country')],
                'constraints': [models.UniqueConstraint(fields=('film', 'code'), name='film_country_once')],
            },
        ),
    ]
