"""The catalogue: films, who made them, where they can be seen. services/ writes them."""

from films.models.changes import FilmChange, FilmMerge
from films.models.film import FIRST_YEAR, Film, FilmQuerySet, check_year
from films.models.labels import Category, Person, check_slug
from films.models.parts import Credit, FilmCountry, Source
from films.models.suggestions import SUGGESTED, SUGGESTION_CHARS, Suggestion
from films.models.ways import FormerSlug, Related

__all__ = [
    "FIRST_YEAR",
    "SUGGESTED",
    "SUGGESTION_CHARS",
    "Category",
    "Credit",
    "Film",
    "FilmChange",
    "FilmCountry",
    "FilmMerge",
    "FilmQuerySet",
    "FormerSlug",
    "Person",
    "Related",
    "Source",
    "Suggestion",
    "check_slug",
    "check_year",
]
