import django.core.validators
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import films.models


class Migration(migrations.Migration):

    dependencies = [
        ('films', '0003_film_keys'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='FilmVersion',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('parts', models.JSONField(default=dict)),
                ('title', models.CharField(max_length=200, verbose_name='title')),
                ('original_title', models.CharField(blank=True, max_length=200, verbose_name='original title')),
                ('slug', models.CharField(db_index=True, max_length=220, validators=[films.models.check_slug], verbose_name='address')),
                ('year', models.PositiveSmallIntegerField(blank=True, null=True, validators=[films.models.check_year], verbose_name='year')),
                ('runtime_minutes', models.PositiveIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='runtime in minutes')),
                ('tagline', models.CharField(blank=True, max_length=200, verbose_name='tagline')),
                ('description', models.TextField(blank=True, verbose_name='description')),
                ('description_format', models.CharField(choices=[('markdown', 'Markdown'), ('html', 'HTML'), ('wp', 'WordPress'), ('plain', 'text')], default='markdown', max_length=8, verbose_name='format')),
                ('countries', models.CharField(blank=True, max_length=100, validators=[django.core.validators.RegexValidator('^([A-Za-z]{2,3}( [A-Za-z]{2,3})*)?$', 'Codes of two or three letters, a space between.')], verbose_name='countries')),
                ('languages', models.CharField(blank=True, max_length=100, validators=[django.core.validators.RegexValidator('^([A-Za-z]{2,3}( [A-Za-z]{2,3})*)?$', 'Codes of two or three letters, a space between.')], verbose_name='languages')),
                ('poster', models.CharField(blank=True, editable=False, max_length=64)),
                ('poster_width', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('poster_height', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('state', models.CharField(choices=[('draft', 'draft'), ('published', 'published'), ('withdrawn', 'withdrawn')], default='draft', max_length=9, verbose_name='state')),
                ('imdb_id', models.CharField(blank=True, max_length=12, validators=[django.core.validators.RegexValidator('^tt\\d{7,10}$')], verbose_name='IMDb')),
                ('tmdb_id', models.CharField(blank=True, max_length=12, validators=[django.core.validators.RegexValidator('^\\d{1,12}$')], verbose_name='TMDB')),
                ('wikidata_id', models.CharField(blank=True, max_length=12, validators=[django.core.validators.RegexValidator('^Q\\d{1,11}$')], verbose_name='Wikidata')),
                ('history_id', models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('category', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='films.category', verbose_name='main category')),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'version of a film',
                'verbose_name_plural': 'versions of films',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
    ]
