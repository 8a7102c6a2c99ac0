"""Everything that is done to films, people and categories; one transaction each.

Every function takes keywords only, writes the film's head (updated_at), its Topic and its history
true in the same transaction, and raises ValidationError. Objects that are passed in are only asked
for their id: what is stored is read again under a lock, and the stored object is returned. Locks are
taken in one order: Film rows ascending, the talk's as its own services take them, Topics last.
"""

from films.services.addresses import slug_given, url_words
from films.services.bulk import NewFilm, create_films, people_named, prepared
from films.services.editing import (
    KEEP,
    change_film,
    create_film,
    edit_film,
    rerender,
    set_categories,
    set_credits,
    set_poster,
    set_sources,
    touch,
)
from films.services.merging import (
    merge_films,
    merge_plan,
    present_film,
    refuse_undo,
    undo_merge,
    undo_until,
    what_stays,
)
from films.services.names import (
    create_category,
    create_person,
    erase_category,
    erase_person,
    erase_unheld,
    films_that_hold,
    rename_category,
    rename_person,
)
from films.services.reverting import after_revert, revert_film, seen
from films.services.states import set_film_state
from films.services.storing import FIELDS, NewSource, codes_of
from films.services.suggesting import accept_suggestion, decline_suggestion, suggest
from films.services.suggesting import current as current_of
from films.services.versions import version_now

__all__ = [
    "FIELDS",
    "KEEP",
    "NewFilm",
    "NewSource",
    "accept_suggestion",
    "after_revert",
    "change_film",
    "codes_of",
    "create_category",
    "create_film",
    "create_films",
    "create_person",
    "current_of",
    "decline_suggestion",
    "edit_film",
    "erase_category",
    "erase_person",
    "erase_unheld",
    "films_that_hold",
    "merge_films",
    "merge_plan",
    "people_named",
    "prepared",
    "present_film",
    "refuse_undo",
    "rename_category",
    "rename_person",
    "rerender",
    "revert_film",
    "seen",
    "set_categories",
    "set_credits",
    "set_film_state",
    "set_poster",
    "set_sources",
    "slug_given",
    "suggest",
    "touch",
    "undo_merge",
    "undo_until",
    "url_words",
    "version_now",
    "what_stays",
]
