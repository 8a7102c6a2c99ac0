"""Which old addresses can lead to films from now on."""

from django.urls import Resolver404, resolve

from films.models import Film, FormerSlug
from forum.transfer.addresses import SHORT_LINK, path_of
from forum.transfer.models import OldAddress

ADDRESS_CHARS = 500


def objection(address: str, film: Film | None) -> str | None:
    """Return why `address` cannot lead to `film` (None: one that will be made); empty if it can;
    None if nothing is to be done: there is no address, or it leads there as it is.
    """
    if not address or (film and address == film.get_absolute_url()):
        return None
    old = OldAddress.objects.filter(address=address).first()
    if old and film and old.film_id == film.pk:
        return None
    if old:
        return f"it leads to “{old.film}” already"
    if len(address) > ADDRESS_CHARS:
        return f"it has more than {ADDRESS_CHARS} characters"
    return "the site itself answers there" if _is_answered(address) else ""


def _is_answered(address: str) -> bool:
    if SHORT_LINK.match(address):
        return False  # the home page takes no such query; the middleware looks there first
    path = path_of(address)
    for each in (path, f"{path}/"):  # Django adds the stroke by itself
        try:
            found = resolve(each)
        except Resolver404:
            continue
        # The address of a film that is not there is nobody's.
        return found.url_name != "film" or _is_film(str(found.kwargs.get("slug")))
    return False


def _is_film(slug: str) -> bool:
    return any(model.objects.filter(slug=slug).exists() for model in (Film, FormerSlug))
