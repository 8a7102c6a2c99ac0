"""One small site with everything on it, for browsers to walk through."""

from dataclasses import dataclass

from django.utils import timezone

from films.models import Category, Film, Person
from films.services import NewSource, create_category, create_film, create_person, set_film_state
from forum.accounts import addresses
from forum.accounts.models import User
from forum.accounts.readers import ANYBODY, Reader, pen_with_secret
from forum.discussions import services
from forum.discussions.models import Comment, Topic

PASSWORD = "lantern-soft-9"
LINES = [
    "Fifteen years later, and I still hear the rain at the end of it.",
    "The archivist is the only one who never looks into the camera. I wonder who asked her not to.",
    "It is too long by a reel. The harbour could go, and nobody would miss it. https://example.org/"
    + "papers/" * 30,
    "The harbour is the film!",
    "Then why does it never come back?",
    "Because the boats don't either.",
    "At 42:32 there is a cut in the sound that is *not* in the print I saw in Porto.",
    "> a cut in the sound\n\nIt is a splice. The restored copy has it as well.\n\n    00:42:32 "
    + "lefttrack-righttrack-" * 20,
    "Does anybody know the song on the radio?",
    "My father hummed it. I never learned its name.",
    "Same here, other father.",
    "I show this to seventeen-year-olds every spring. They laugh at the ties, and then they stop.",
]


@dataclass(frozen=True)
class Scene:
    film: Film
    other: Film
    withdrawn: Film
    topic: Topic
    person: Person
    category: Category
    member: User
    staff: User
    pen_secret: str  # of the guest Nils
    comments: list[Comment]  # the film's, in the order of posting
    chain: list[Comment]  # in the Lobby, each under the one before
    mine: Comment  # by Nils, public, nothing under it
    deleted: Comment  # by Nils, to be brought back
    held: Comment  # by Nils
    removed: Comment  # with a reply: a tombstone
    confirm: str  # Nils's link that asks whether an address is his
    stop: str  # and the one that ends letters


def build() -> Scene:
    """Make the site in the database and return what stands where."""
    member = User.objects.create_user("Sunniva", password=PASSWORD)
    staff = User.objects.create_superuser("Ruth", password=PASSWORD)
    pen, pen_secret, _is_new = pen_with_secret("", "Nils", "nils@example.org")
    pen.email_asked_at = timezone.now()
    pen.save()
    nils = services.Author(pen=pen, name="Nils")
    others = [
        services.Author(member=member),
        services.Author(pen=pen_with_secret("", "gull")[0], name="la Golondrina - Europe"),
        services.Author(pen=pen_with_secret("", "leila")[0], name="ليلى"),
        services.Author(
            pen=pen_with_secret("", "long")[0], name="Donaudampfschiff" * 3 + "kapitän"
        ),
    ]
    politics = create_category(name="Politics")
    person = create_person(name="Ana Vidal")
    film = create_film(
        title="Anatomy of a Coup",
        original_title="Anatomia de um golpe",
        year=2002,
        runtime_minutes=74,
        category=politics,
        categories=[create_category(name="History")],
        credits=[(person, "director"), (create_person(name="Jorge Reis"), "editor")],
        sources=[
            NewSource("https://www.youtube.com/watch?v=aBcDeFgHiJk", label="Restored", length_s=4440),
            NewSource("/static/clip.webm", label="A short clip"),
        ],
        countries="PT",
        languages="pt en",
        tagline="One night, told by those who were awake",
        description="A port town waits for news.\n\nNobody sleeps; the radio plays *one song*.",
        state="published",
    )  # fmt: skip
    other = create_film(title="سفر الأمل في بلاد بعيدة", category=politics, state="published")
    withdrawn = create_film(title="Taken Down", state="published")
    set_film_state(film=withdrawn, state="withdrawn")

    def say(body, by, under=None, topic_id=film.topic_id) -> Comment:
        where = {"parent_id": under.pk} if under else {"topic_id": topic_id}
        return services.post_comment(author=by, body=body, **where).comment

    comments: list[Comment] = []
    # Four threads: under the third comment a quarrel, line by line.
    for number, line in enumerate(LINES):
        under = comments[number - 1] if number in (3, 4, 5, 7, 9, 10) else None
        comments.append(say(line, others[number % len(others)], under))
    mine = say("I was the projectionist. Ask me.", nils)
    removed = say("Nothing to do with the film.", others[0])
    comments += [mine, removed, say("You could have said so kindly.", others[1], removed)]
    comments.append(say("Somebody should.", others[2], comments[-1]))
    services.moderate(comment_id=removed.pk, verb="remove", by=ANYBODY, reason="off-topic")
    comments.append(say("Twelve people in the room, and the rain outside.", others[0]))
    held = say("Waiting for a word from the desk.", nils)
    services.moderate(comment_id=held.pk, verb="hold", by=ANYBODY)
    deleted = say("I take this back.", nils)
    services.delete_comment(comment_id=deleted.pk, by=Reader(pen=pen))

    topic = services.open_topic(title="What is a documentary?", by=None)
    chain = [say("A film that looks back.", others[0], topic_id=topic.pk)]
    for depth in range(1, 12):
        chain.append(say(f"Step {depth}, and it still looks.", others[depth % 3], chain[-1]))
    return Scene(
        film=Film.objects.get(pk=film.pk),
        other=other,
        withdrawn=withdrawn,
        topic=topic,
        person=person,
        category=politics,
        member=member,
        staff=staff,
        pen_secret=pen_secret,
        comments=comments,
        chain=chain,
        mine=mine,
        deleted=deleted,
        held=held,
        removed=removed,
        confirm=addresses.confirm_token(pen),
        stop=addresses.stop_token(pen),
    )
