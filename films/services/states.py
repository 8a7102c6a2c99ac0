"""Publishing a film and taking it out of view again."""

from django.db import transaction

from films.models import Film
from films.services import storing
from films.services.editing import edit_film
from films.services.reverting import refuse_stale
from forum.accounts.models import User


@transaction.atomic
def set_film_state(*, film: Film, state: str, by: User | None = None, shown: str = "") -> Film:
    """Publish, withdraw or take back to draft. Hidden films hide their talk on every address.

    `shown` is seen(film) of the page on which somebody chose so. Raises ValidationError:
    "changed-meanwhile", "merged", "state".
    """
    if shown:
        refuse_stale(shown, storing.locked(film))
    return edit_film(film=film, by=by, state=state)
