"""Write a row for each code of the countries of the films that are there already."""

from django.db import migrations

AT_ONCE = 1_000


def fill(apps, schema_editor):
    Film, FilmCountry = apps.get_model("films", "Film"), apps.get_model("films", "FilmCountry")
    films = Film.objects.exclude(countries="").order_by("pk").values_list("pk", "countries")
    last = 0
    while found := list(films.filter(pk__gt=last)[:AT_ONCE]):
        FilmCountry.objects.bulk_create(
            FilmCountry(film_id=pk, code=code)
            for pk, codes in found
            for code in dict.fromkeys(codes.split())
        )
        last = found[-1][0]


class Migration(migrations.Migration):
    dependencies = [("films", "0007_film_countries")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
