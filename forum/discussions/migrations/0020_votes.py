"""Votes, their sums on comments, what they come to on threads, when a talk had the last of them."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0011_pen_by_confirmed_email'),
        ('discussions', '0019_privacy_of_pens'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='comment',
            name='ups',
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name='comment',
            name='downs',
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name='thread',
            name='best',
            field=models.PositiveIntegerField(
                db_default=378447503, default=378447503, editable=False
            ),
        ),
        migrations.AddField(
            model_name='thread',
            name='controversy',
            field=models.PositiveBigIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name='topic',
            name='voted_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.CreateModel(
            name='Vote',
            fields=[
                (
                    'id',
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name='ID'
                    ),
                ),
                ('value', models.SmallIntegerField()),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                (
                    'comment',
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name='votes',
                        to='discussions.comment',
                    ),
                ),
                (
                    'member',
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name='+',
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    'pen',
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name='+',
                        to='accounts.pen',
                    ),
                ),
            ],
            options={
                'verbose_name': 'vote',
                'verbose_name_plural': 'votes',
                'indexes': [models.Index(fields=['comment', 'value'], name='vote_of_comment')],
                'constraints': [
                    models.UniqueConstraint(
                        condition=models.Q(('member__isnull', False)),
                        fields=('member', 'comment'),
                        name='vote_once_a_member',
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(('pen__isnull', False)),
                        fields=('pen', 'comment'),
                        name='vote_once_a_pen',
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(('member__isnull', False), ('pen__isnull', True)),
                            models.Q(('member__isnull', True), ('pen__isnull', False)),
                            _connector='OR',
                        ),
                        name='vote_of_one',
                    ),
                    models.CheckConstraint(
                        condition=models.Q(('value__in', [1, -1])), name='vote_up_or_down'
                    ),
                ],
            },
        ),
    ]
