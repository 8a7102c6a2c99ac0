"""Films, people, categories and copies in the admin; every write goes through films/services."""

from films.admin.films import FilmAdmin
from films.admin.names import CategoryAdmin, PersonAdmin
from films.admin.sources import SourceAdmin
from films.admin.suggestions import SuggestionAdmin

__all__ = ["CategoryAdmin", "FilmAdmin", "PersonAdmin", "SourceAdmin", "SuggestionAdmin"]
