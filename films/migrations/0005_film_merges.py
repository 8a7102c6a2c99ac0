import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('films', '0004_film_versions'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='FilmMerge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('moved', models.JSONField(default=dict)),
                ('undone_at', models.DateTimeField(null=True)),
                ('by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('film', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='merges', to='films.film')),
                ('into', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='merges_into', to='films.film')),
                ('undone_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'merge of films',
                'verbose_name_plural': 'merges of films',
                'constraints': [models.UniqueConstraint(condition=models.Q(('undone_at', None)), fields=('film',), name='film_merged_once'), models.CheckConstraint(condition=models.Q(('film', models.F('into')), _negated=True), name='film_merged_into_another')],
            },
        ),
    ]
