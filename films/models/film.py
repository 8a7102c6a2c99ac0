"""A film: what is told of it, its versions, and who may see it."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from films import posters
from films.cards import card
from films.models.labels import Category, check_slug
from forum.accounts.readers import Reader
from forum.discussions.models import Topic

FIRST_YEAR = 1888
YEARS_AHEAD = 5


def check_year(year: int) -> None:
    """Raise ValidationError unless 1888 <= year <= five years from now (counted when asked)."""
    last = timezone.now().year + YEARS_AHEAD
    if not FIRST_YEAR <= year <= last:
        raise ValidationError(
            _("A year lies between %(first)d and %(last)d."),
            code="year",
            params={"first": FIRST_YEAR, "last": last},
        )


check_codes = RegexValidator(
    r"^([A-Za-z]{2,3}( [A-Za-z]{2,3})*)?$", _("Codes of two or three letters, a space between.")
)


class Parts(models.Model):
    """What a version of a film keeps of its other tables, as services/versions.py writes it:

    {"category": name, "categories": [[id, name]], "credits": [[person id, name, role]],
    "sources": [{"address", "label", "length_s", "offset_s"}]}, each in its order.
    """

    parts = models.JSONField(default=dict)

    class Meta:
        abstract = True


class FilmQuerySet(models.QuerySet["Film"]):
    def published(self) -> "FilmQuerySet":
        return self.filter(state=Film.State.PUBLISHED)

    def visible_to(self, reader: Reader) -> "FilmQuerySet":
        """Films that `reader` may see: published ones; staff all."""
        return self if reader.is_staff else self.published()

    def on_shelf(self, category: Category) -> "FilmQuerySet":
        """Films of a category, as main or further one; each film is looked at, no list of them made."""
        further = Film.categories.through.objects.filter(category=category.pk)
        return self.filter(Q(category=category.pk) | Exists(further.filter(film=OuterRef("pk"))))

    @staticmethod
    def states_shown_to(reader: Reader) -> list[str]:
        """The states of what lists show to `reader`: staff see there what was published once."""
        staff = [Film.State.WITHDRAWN.value] if reader.is_staff else []
        return [Film.State.PUBLISHED.value, *staff]

    def of_years(self, first: int, last: int) -> "FilmQuerySet":
        """Films of these years in any state; it names the states because the index begins with them."""
        return self.filter(state__in=Film.State.values, year__range=(first, last))

    def for_lists(self) -> "FilmQuerySet":
        """With what a line of a list shows, in one query."""
        return self.select_related("category", "topic")

    def without_texts(self) -> "FilmQuerySet":
        """Without the long texts, which no list shows."""
        return self.defer("description", "description_html", "folded", "slips")


class Film(models.Model):
    """A documentary and, through its topic, the one talk about it."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")
        WITHDRAWN = "withdrawn", _("withdrawn")

    topic = models.OneToOneField(Topic, on_delete=models.PROTECT, editable=False)
    title = models.CharField(_("title"), max_length=200)
    original_title = models.CharField(_("original title"), max_length=200, blank=True)
    slug = models.CharField(_("address"), max_length=220, unique=True, validators=[check_slug])
    year = models.PositiveSmallIntegerField(
        _("year"), null=True, blank=True, validators=[check_year]
    )
    runtime_minutes = models.PositiveIntegerField(
        _("runtime in minutes"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    tagline = models.CharField(_("tagline"), max_length=200, blank=True)
    description = models.TextField(_("description"), blank=True)
    description_format = models.CharField(
        _("format"),
        max_length=8,
        choices=[
            ("markdown", "Markdown"),
            ("html", "HTML"),
            ("wp", "WordPress"),
            ("plain", "text"),
        ],
        default="markdown",
    )
    description_html = models.TextField(blank=True, editable=False)  # safe, made by services
    category = models.ForeignKey(
        Category,
        verbose_name=_("main category"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="films",
    )
    categories = models.ManyToManyField(
        Category, verbose_name=_("further categories"), blank=True, related_name="more_films"
    )
    # Codes are parted by spaces, so that "contains" finds a two-letter code exactly.
    countries = models.CharField(
        _("countries"), max_length=100, blank=True, validators=[check_codes]
    )
    languages = models.CharField(
        _("languages"), max_length=100, blank=True, validators=[check_codes]
    )
    poster = models.CharField(max_length=64, blank=True, editable=False)  # name of its files
    poster_width = models.PositiveSmallIntegerField(default=0, editable=False)  # px, of the largest
    poster_height = models.PositiveSmallIntegerField(default=0, editable=False)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.DRAFT)
    state_at = models.DateTimeField(default=timezone.now, editable=False)
    published_at = models.DateTimeField(null=True, blank=True, editable=False)  # the first time
    updated_at = models.DateTimeField(
        default=timezone.now, editable=False
    )  # of what the head shows
    imdb_id = models.CharField(
        "IMDb", max_length=12, blank=True, validators=[RegexValidator(r"^tt\d{7,10}$")]
    )
    tmdb_id = models.CharField(
        "TMDB", max_length=12, blank=True, validators=[RegexValidator(r"^\d{1,12}$")]
    )
    wikidata_id = models.CharField(
        "Wikidata", max_length=12, blank=True, validators=[RegexValidator(r"^Q\d{1,11}$")]
    )
    # When its related films were found (related.py): none while they are to be found anew.
    related_at = models.DateTimeField(null=True, editable=False)
    # The file of its picture for shared links, and when that was looked at (sharing.py): at no moment
    # while it is to be looked at. NULL rather than "", so that SQLite need not write the table anew.
    share = models.CharField(max_length=40, null=True, editable=False)  # noqa: DJ001
    share_at = models.DateTimeField(null=True, editable=False)
    folded = models.TextField(editable=False)  # words of both titles, for search
    slips = models.TextField(
        editable=False, default="", db_default=""
    )  # what they share with slips of the pen
    sort_title = models.CharField(max_length=220, editable=False, db_index=True)
    # Skeletons of both titles, by which films that are one film are found (twins.py).
    title_key = models.CharField(max_length=220, editable=False, db_index=True, default="")
    original_key = models.CharField(max_length=220, editable=False, db_index=True, default="")

    objects = FilmQuerySet.as_manager()
    # One row a change, written by services/versions.py and not by a signal (docs/decisions/0090).
    # The topic's counters, what is made from other fields, and moments are no part of it.
    history = HistoricalRecords(
        custom_model_name="FilmVersion",
        bases=[Parts],
        excluded_fields=[
            "topic",
            "description_html",
            "folded",
            "slips",
            "sort_title",
            "title_key",
            "original_key",
            "state_at",
            "published_at",
            "updated_at",
            "related_at",
            "share",
            "share_at",
        ],
        history_id_field=models.BigAutoField(primary_key=True),
        cascade_delete_history=True,
        verbose_name=_("version of a film"),
        verbose_name_plural=_("versions of films"),
    )
    skip_history_when_saving = True

    class Meta:
        verbose_name = _("film")
        verbose_name_plural = _("films")
        indexes = [
            models.Index(fields=["state", "published_at", "id"], name="film_newest"),
            models.Index(fields=["state", "year"], name="film_by_year"),
            models.Index(fields=["imdb_id"], name="film_by_imdb"),
            models.Index(fields=["tmdb_id"], name="film_by_tmdb"),
            models.Index(fields=["wikidata_id"], name="film_by_wikidata"),
            models.Index(fields=["category", "year"], name="film_by_shelf_and_year"),
            models.Index(
                fields=["category", "state", "updated_at"], name="film_by_shelf_and_change"
            ),
            models.Index(fields=["related_at"], name="film_by_related_at"),
            models.Index(fields=["id"], condition=Q(share_at=None), name="film_without_share"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(slug=""), name="film_slug_not_empty"),
            models.CheckConstraint(
                condition=Q(year__isnull=True) | Q(year__gte=FIRST_YEAR), name="film_year_from_1888"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "published", "withdrawn"]), name="film_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(published_at__isnull=False),
                name="film_published_at_a_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.year})" if self.year else self.title

    def get_absolute_url(self) -> str:
        return reverse("film", args=[self.slug])

    @property
    def is_published(self) -> bool:
        return self.state == self.State.PUBLISHED

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    @property
    def is_withdrawn(self) -> bool:
        return self.state == self.State.WITHDRAWN

    @property
    def is_merged(self) -> bool:
        """Whether its talk, and so the film, went into another one."""
        return self.topic.moved_to_id is not None

    @property
    def year_and_category(self) -> str:
        """What stands under a title: "2002, Politics"."""
        return ", ".join(str(part) for part in (self.year, self.category) if part)

    def card(self) -> SafeString:
        """Return the film's title card, an SVG of 16 to 9."""
        return self._card(wide=False)

    def wide_card(self) -> SafeString:
        return self._card(wide=True)

    def _card(self, wide: bool) -> SafeString:
        # cards.card escapes every word it is given.
        return mark_safe(card(self.title, self.year, str(self.category or ""), wide))

    def elsewhere(self) -> list[tuple[str, str]]:
        """Return (name, address) of the film's pages in the catalogues that it has an id of."""
        pages = (
            ("IMDb", "https://www.imdb.com/title/", self.imdb_id),
            ("TMDB", "https://www.themoviedb.org/movie/", self.tmdb_id),
            ("Wikidata", "https://www.wikidata.org/wiki/", self.wikidata_id),
        )
        return [(name, f"{base}{key}") for name, base, key in pages if key]

    @property
    def poster_url(self) -> str:
        """Address of the largest poster; empty without one."""
        return posters.url(self.poster, self.poster_width) if self.poster else ""

    @property
    def share_url(self) -> str:
        """Address of the picture for shared links; empty while there is none."""
        return f"{settings.MEDIA_URL}{self.share}" if self.share else ""

    @property
    def poster_srcset(self) -> str:
        return posters.srcset(self.poster, self.poster_width)
