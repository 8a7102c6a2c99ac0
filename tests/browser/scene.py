"""One small site with everything on it, for browsers to walk through."""

import uuid
from dataclasses import dataclass
from datetime import timedelta

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.utils import timezone

from films.models import Category, Film, Person, Suggestion
from films.services import (
    NewSource,
    accept_suggestion,
    create_category,
    create_film,
    create_person,
    set_film_state,
    suggest,
)
from forum.accounts import addresses, recovery
from forum.accounts.models import Pen, User
from forum.accounts.readers import ANYBODY, Reader, pen_with_secret
from forum.discussions import services
from forum.discussions.models import Comment, Topic
from forum.discussions.services import telling
from forum.discussions.status_links import link_of

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
    newcomer: User  # who has set nothing up
    staff: User
    passkey: Authenticator  # of the member, with an app and recovery codes
    pen_secret: str  # of the guest Nils
    comments: list[Comment]  # the film's, in the order of posting
    chain: list[
        Comment
    ]  # in the Lobby, each under the one before; the first an hour old, by the member
    mine: Comment  # by Nils, public, nothing under it
    deleted: Comment  # by Nils, to be brought back
    held: Comment  # by Nils
    removed: Comment  # with a reply: a tombstone
    confirm: str  # Nils's link that asks whether an address is his
    stop: str  # and the one that ends letters
    back: str  # the way to the page that gives a lost pen back
    submission: uuid.UUID  # of the form that `mine` was sent by
    off: str  # and the one that ends those about replies
    reported: Comment  # by Sunniva
    status: str  # the private link to what was decided about `held`
    marked: Topic  # in the Lobby: a pinned thread, a featured comment, a folded branch, a slow one
    warned: User  # who has a warning to read
    suggestion: Suggestion  # by a guest, of which a part was taken
    waiting: Suggestion  # by Sunniva: a correction of the film


def build() -> Scene:
    """Make the site in the database and return what stands where."""
    member = User.objects.create_user("Sunniva", password=PASSWORD)
    newcomer = User.objects.create_user("Nora", password=PASSWORD)
    staff = User.objects.create_superuser("Ruth", password=PASSWORD)
    member.emailaddress_set.create(email="sunniva@example.org", primary=True, verified=True)
    TOTP.activate(member, generate_totp_secret())
    RecoveryCodes.activate(member)
    key = {"name": "The ring on my keys", "credential": {}}
    passkey = Authenticator.objects.create(user=member, type="webauthn", data=key)
    pen, pen_secret, _is_new = pen_with_secret("", "Nils", "nils@example.org")
    pen.email_asked_at = timezone.now()
    pen.save()
    lost, _secret, _is_new = pen_with_secret("", "Vera", "vera@example.org")
    Pen.objects.filter(pk=lost.pk).update(email_confirmed_at=timezone.now())
    lost.refresh_from_db()
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

    def say(body, by, under=None, topic_id=film.topic_id, submission=None) -> Comment:
        where = {"parent_id": under.pk} if under else {"topic_id": topic_id}
        return services.post_comment(author=by, body=body, submission=submission, **where).comment

    comments: list[Comment] = []
    # Four threads: under the third comment a quarrel, line by line.
    for number, line in enumerate(LINES):
        under = comments[number - 1] if number in (3, 4, 5, 7, 9, 10) else None
        comments.append(say(line, others[number % len(others)], under))
    submission = uuid.uuid4()
    mine = say("I was the projectionist. Ask me.", nils, submission=submission)
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
    long_ago = timezone.now() - timedelta(hours=1)  # no more to be edited, as it was answered
    Comment.objects.filter(pk=chain[0].pk).update(created_at=long_ago)
    services.follow(by=Reader(user=member), topic_id=film.topic_id)
    services.mute_words(by=member, words="projectionist")
    while telling.tell_news():
        pass
    reader = Reader(user=member)
    reported = next(one for one in comments if one.pen_id and one.pen_id != pen.pk)
    services.report_comment(
        comment_id=reported.pk, by=reader, reason="other", words="A *word* on it."
    )
    services.moderate(comment_id=reported.pk, verb="approve", by=ANYBODY)
    warned = User.objects.create_user("Wanda", password=PASSWORD)
    words = "Please speak of the film, not of its people. " + "unbroken" * 40
    services.warn(person=Reader(user=warned), by=Reader(user=staff), reason="unkind", words=words)
    return Scene(
        film=Film.objects.get(pk=film.pk),
        other=other,
        withdrawn=withdrawn,
        topic=topic,
        person=person,
        category=politics,
        member=member,
        newcomer=newcomer,
        staff=staff,
        passkey=passkey,
        pen_secret=pen_secret,
        comments=comments,
        chain=chain,
        mine=mine,
        deleted=deleted,
        held=held,
        removed=removed,
        confirm=addresses.confirm_token(pen),
        stop=addresses.stop_token(pen),
        back=recovery.back_path([lost]),
        submission=submission,
        off=addresses.off_link(pen, "reply").rstrip("/").rsplit("/", 1)[1],
        reported=reported,
        status=link_of(Comment.objects.get(pk=held.pk)),
        marked=_marked(others, Reader(user=staff)),
        warned=warned,
        suggestion=_suggested(staff),
        waiting=suggest(fields={"year": "2003"}, evidence="The print.", film=film, by=member),
    )


def _marked(authors: list[services.Author], staff: Reader) -> Topic:
    """A talk with all that staff can do to a branch where it stands."""
    topic = services.open_topic(title="What did you see this week?", by=None)
    made: list[Comment] = []
    for number, line in enumerate(LINES):
        under = made[number - 1] if number in (2, 4, 5, 8) else None
        where = {"parent_id": under.pk} if under else {"topic_id": topic.pk}
        author, body = authors[number % len(authors)], f"{line}\n\nOn Friday."
        made.append(services.post_comment(author=author, body=body, **where).comment)
    services.pin_thread(comment_id=made[6].pk, by=staff, pinned=True)
    services.feature_comment(comment_id=made[2].pk, by=staff, featured=True)
    services.feature_comment(comment_id=made[7].pk, by=staff, featured=True)
    services.fold_branch(comment_id=made[3].pk, by=staff, reason="quarrel")
    services.slow_branch(comment_id=made[7].pk, by=staff, minutes=10)
    services.lock_branch(comment_id=made[9].pk, by=staff, locked=True)
    base = services.text_version(made[7])
    services.edit_as_staff(comment_id=made[7].pk, by=staff, body="It is a splice.", base=base)
    return topic


def _suggested(by: User) -> Suggestion:
    """A film that a guest suggested, of which staff took a part and said so."""
    fields = {
        "title": "The Last Print of the Rain",
        "year": "1999",
        "video": "https://example.org/" + "reels/" * 40,
    }
    made = suggest(fields=fields, evidence="Its credits.\nA catalogue of 2001.", film=None, by=None)
    answer = "Thank you. The copy is not free to be shown."
    accept_suggestion(suggestion=made, names=["title", "year"], answer=answer, by=by)
    made.refresh_from_db()
    return made
