"""A heated day: films that people quarrel about, what was held, reported and written by newcomers.

`python manage.py shell -c "from tests.bench.heated import fill; fill(400)"` makes one to work in.
"""

import random
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from films import services
from films.models import Category, Film
from forum import languages, markup
from forum.accounts.models import Pen, User
from forum.discussions import tree
from forum.discussions.models import Comment, CommentText, Report, State, Topic
from forum.discussions.services import waiting

TITLES = [
    "The Strike at Pier Nine", "Ballot", "What the River Took", "Nine Judges", "A House for Sale",
    "The Last Reactor", "Border, Winter", "Our Teacher", "The Bread Queue", "Open Mine", "Vaccine",
    "The Referendum",
]  # fmt: skip
CATEGORIES = ["Politics", "Work", "Nature"]
NAMES = (
    "Nils Vera Kofi Margit Oskar Teresa J.B. Ольга ليلى 健太 M. Ana Tuesday Bao Dominik Rut".split()
)
CALM = [
    "The archive part in the middle is the best of it. I had never seen those pictures.",
    "My mother worked there. She says the canteen was exactly like that, down to the clock.",
    "Das war damals überhaupt nicht so, wie der Film es zeigt, und die Leute wussten das auch.",
    "At 42:10 the sound drops out on my copy. Is that in the restored one as well?",
    "I showed it to a class of sixteen-year-olds. They argued for an hour, and nobody shouted.",
    "Можно спорить с выводом, но не с тем, что этот человек говорит в самом конце фильма.",
]
HOT = [
    "You were not there, so stop telling the rest of us what it was like. Read a book for once.",
    "Another one who believes everything that is on a screen. No wonder we are where we are.",
    "That is a lie, and you know that it is a lie. The numbers are in the film at the very beginning.",
    "People like you closed that harbour. I hope you are proud of it.",
    "Nobody asked you. Go and make your own film if you know everything better.",
    "Sure, and the moon is made of cheese. **You have no idea**, and it shows in every line you write.",
]
SPAM = [
    "Great film!! Cheap tickets for everything at https://tickets{n}.example/ and more at"
    " https://deals{n}.example/ today",
    "I earn 900 a day from home, ask me how: https://work{n}.example/start",
    "Watch it free here https://stream{n}.example/ no sign up https://stream{n}.example/2"
    " https://stream{n}.example/3 https://stream{n}.example/4",
]
REASONS = ["unkind", "unkind", "unkind", "off-topic", "harassment", "spam", "spoiler", "other"]
A_PAGE = 50  # comments on a page of the queue: as many newcomers at least, on a small day too
HELD_BY = [("", None), ("links", "links"), ("guest", "guests"), ("topic", "topic"), ("", None)]


def fill(open_items: int) -> dict[str, Any]:
    """Make the day in an empty site: half of `open_items` are held, half public and reported, beside as
    many calm ones and some by newcomers. Return {"open": how many wait}.
    """
    chance = random.Random(f"heated/{open_items}")
    now = timezone.now()
    members = [User(username=f"Reader {n}", skeleton=f"reader{n}") for n in range(60)]
    members = User.objects.bulk_create(members)
    pens = Pen.objects.bulk_create(
        Pen(name=chance.choice(NAMES), secret_hash=f"heated{n}") for n in range(240)
    )
    films = [_film(title, chance) for title in TITLES]
    for number, share in enumerate(_shares(open_items, len(films))):
        _talk(films[number].topic_id, share, chance, now, members, pens)
    _reports(chance, now, members, pens)
    _marks(chance)
    waiting.mend_due()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return {"open": Comment.objects.due().count()}


def _shares(total: int, parts: int) -> list[int]:
    """Return how many each film gets: the first a third, the others fewer and fewer."""
    found = [max(1, total // (3 * (1 + n))) for n in range(parts)]
    found[0] += max(0, total - sum(found))
    return found


def _film(title: str, chance: random.Random) -> Film:
    name = chance.choice(CATEGORIES)
    category = Category.objects.filter(name=name).first() or services.create_category(name=name)
    return services.create_film(
        title=title, category=category, state="published", year=chance.randint(1961, 2024)
    )


@transaction.atomic
def _talk(
    topic_id: int, waiting_ones: int, chance: random.Random, now: datetime, members: Any, pens: Any
) -> None:
    rows: list[tree.Loaded] = []
    for number in range(2 * waiting_ones):
        is_new = chance.random() < 0.12 or not rows
        parent = None if is_new else rows[max(0, len(rows) - chance.randint(1, 12))].key
        kind = chance.random()
        body = chance.choice(HOT if kind < 0.55 else SPAM if kind < 0.7 else CALM)
        state = State.HELD if number % 4 == 1 else State.PUBLIC
        by = {"member_id": chance.choice(members).pk} if chance.random() < 0.4 else None
        pen = chance.choice(pens)
        rows.append(
            tree.Loaded(
                key=number,
                parent=parent,
                created_at=now - timedelta(hours=20) * (1 - number / (2 * waiting_ones + 1)),
                body=(body := body.format(n=chance.randint(1, 999))),
                body_format="markdown",
                body_html=markup.render(body, "markdown"),
                html_version=markup.HTML_VERSION,
                state=state,
                reason=chance.choice(HELD_BY)[0] if state == State.HELD else "",
                **(by or {"pen_id": pen.pk, "author_name": pen.name}),
            )
        )
    roots = sum(row.parent is None for row in rows)
    Topic.objects.filter(pk=topic_id).update(threads_given=F("threads_given") + roots)
    given = Topic.objects.values_list("threads_given", flat=True).get(pk=topic_id) - roots
    tree.bulk_load(topic_id, rows, threads_given=given)
    tree.recount_topics(topic_id)


def _reports(chance: random.Random, now: datetime, members: Any, pens: Any) -> None:
    """Let every third public comment be reported, some by several people, two years of records before."""
    found = []
    for pk, at in Comment.objects.counted().order_by("pk").values_list("pk", "created_at"):
        if chance.random() > 1 / 3:
            continue
        for who in chance.sample(range(len(members)), chance.choice((1, 1, 1, 2, 4))):
            by = {"member": members[who]} if chance.random() < 0.5 else {"pen": pens[who]}
            words = chance.choice(("", "", "He does this under every film.", "Please have a look."))
            moment = at + (now - at) * chance.random()
            reason = chance.choice(REASONS)
            found.append(Report(comment_id=pk, reason=reason, words=words, created_at=moment, **by))
    Report.objects.bulk_create(found, batch_size=500)


def _marks(chance: random.Random) -> None:
    """Say what the checks said, from which networks it came, in what language it is, and who is new."""
    texts = list(CommentText.objects.select_related("comment"))
    public = [text.comment_id for text in texts if not text.comment.is_held]
    newcomers = set(chance.sample(public, min(len(public), max(A_PAGE, len(public) // 10))))
    comments = []
    for text in texts:
        text.spam_score = (
            chance.randint(600, 990) if "https://" in text.body else chance.randint(5, 300)
        )
        text.network_key = f"network {chance.randint(1, 40)}"
        code = text.comment.reason
        text.checked = [["guests", "hold" if code == "guest" else "public", code]]
        text.checked.append(["links", "hold" if code == "links" else "public", code])
        text.comment.language = languages.guess(markup.plain(text.body_html))
        if text.comment_id in newcomers:
            text.comment.newcomer_at = text.comment.created_at
        comments.append(text.comment)
    CommentText.objects.bulk_update(texts, ["spam_score", "network_key", "checked"], 200)
    Comment.objects.bulk_update(comments, ["language", "newcomer_at"], 200)
