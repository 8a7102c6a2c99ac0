"""Give films that are there already their keys and the first version of their history."""

from django.db import migrations
from django.utils import timezone

from films import words

AT_ONCE = 500


def give(apps, schema_editor):
    Film = apps.get_model("films", "Film")
    parts = ("credits__person", "sources", "categories")
    films = Film.objects.select_related("category").prefetch_related(*parts).order_by("pk")
    last = 0
    while found := list(films.filter(pk__gt=last)[:AT_ONCE]):
        write(apps, found)
        last = found[-1].pk


def write(apps, films):
    Film, FilmVersion = apps.get_model("films", "Film"), apps.get_model("films", "FilmVersion")
    names = {field.name for field in FilmVersion._meta.fields}
    kept = [field.attname for field in Film._meta.fields if field.name in names]
    for film in films:
        film.title_key = words.skeleton(film.title)
        film.original_key = words.skeleton(film.original_title)
    Film.objects.bulk_update(films, ["title_key", "original_key"])
    FilmVersion.objects.bulk_create(
        FilmVersion(
            history_type="+",
            history_date=timezone.now(),
            parts=parts_of(film),
            **{name: getattr(film, name) for name in kept},
        )
        for film in films
    )


def parts_of(film):
    credits = sorted(film.credits.all(), key=lambda one: (one.position, one.pk))
    sources = sorted(film.sources.all(), key=lambda one: (one.position, one.pk))
    names = ("address", "label", "length_s", "offset_s")
    return {
        "category": film.category.name if film.category else "",
        "categories": [[one.pk, one.name] for one in film.categories.all()],
        "credits": [[one.person_id, one.person.name, one.role] for one in credits],
        "sources": [{name: getattr(one, name) for name in names} for one in sources],
    }


class Migration(migrations.Migration):
    dependencies = [("films", "0005_film_merges")]
    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
