"""A small site whose every comment, film, person and topic has a name, to be found by."""

from datetime import UTC, datetime
from types import SimpleNamespace

from films import services as films
from films.models import Category
from forum.accounts.models import User
from forum.accounts.readers import ANYBODY, Reader, pen_with_secret
from forum.discussions import services
from forum.discussions.models import Comment, CommentText
from forum.index.tables import key_of

FILMS = {
    "mail": ("Night Mail", "Nattpost", 1936, "Work"),
    "fog": ("Night and Fog", "Nuit et brouillard", 1956, "History"),
    "koya": ("Koyaanisqatsi", "", 1982, "Nature"),
    "muller": ("Café Müller", "", 1985, "Dance"),
    "atalante": ("L’Atalante", "", 1934, "Work"),
    "wind": ("北京的风很大", "", 1999, "City"),
    "earth": ("الأرض", "", 1970, "History"),
    "harlan": ("Harlan County USA", "", 1976, "Work"),
    "la": ("La La Land of Mines", "", 1991, "Work"),
    "late": ("Late Night", "", 2001, "City"),
    "draft": ("Secret Night", "", 2002, "City"),
    "gone": ("Withdrawn Night", "", 2003, "City"),
}
PEOPLE = {
    "varda": ("Agnès Varda", "koya"),
    "marker": ("Chris Marker", "fog"),
    "bausch": ("Pina Bausch", "muller"),
    "nightly": ("Ann Nightly", "late"),
    "ghost": ("Agnes Ghost", "draft"),
}
TOPICS = {"lamp": "The lantern and the lamp", "halls": "Cold halls at night"}
# name: (where, author, year, month, text)
COMMENTS = {
    "c1": ("mail", "Vera", 2015, 3, "The night train carries letters to Scotland."),
    "c2": ("mail", "Nils", 2016, 4, "Trains at night, and verse in time with the wheels."),
    "c3": ("fog", "Vera", 2017, 5, "A camera moves past the wires. Night falls, and fog."),
    "c4": ("koya", "Sunniva", 2018, 6, "Clouds over the city; the camera never blinks. Glass!"),
    "c5": ("muller", "Greta N.", 2019, 1, "She dances in the CAFÉ with her eyes closed, at night."),
    "c6": ("wind", "Bao", 2019, 6, "北京的风很大，我喜欢这部电影"),
    "c7": ("earth", "Bao", 2019, 7, "الأَرض فيلم عظيم"),
    "c8": ("lamp", "Vera", 2020, 1, "A zeppelin over the **harb**our, night after night."),
    "c9": ("lamp", "Nils", 2020, 2, "held zeppelin"),
    "c10": ("lamp", "Nils", 2020, 3, "removed zeppelin"),
    "c11": ("lamp", "Nils", 2020, 4, "taken back zeppelin"),
    "c12": ("fog", "Vera", 2021, 1, "The end: >!the zeppelin burns!< and nobody speaks."),
    "c13": ("fog", "Vera", 2021, 2, "Airships of old."),
    "c14": ("gone", "Vera", 2021, 3, "veiled zeppelin"),
    "c15": ("koya", "Bao", 2021, 4, "हिन्दी सिनेमा और रात"),
    "c16": ("mail", "Olga", 2021, 5, "Ночной поезд идёт на север"),
    "c17": ("mail", "Greta N.", 2021, 6, "A well-known straße in Łódź, with smørrebrød."),
    "c18": ("halls", "Sunniva", 2021, 7, "Don't look back; a movie about movies, about stories."),
    "c19": ("halls", "Vera", 2021, 8, "a@b.example and 1:02:33 and x_y, <b>bold</b> &amp; 50%"),
    "c20": ("halls", "Olga", 2021, 9, "camera camera camera camera"),
    "c21": ("harlan", "Nils", 2021, 10, "The pickets at dawn. ||The company|| gives in."),
}


def build():
    """Return (names by kind and id, the member, the guest's pens by name, films by name)."""
    pens, member = {}, User.objects.create_user("Sunniva", password="lantern-soft-9")
    shelves = {one: Category.objects.create(name=one, slug=one.lower())
               for one in ("Work", "History", "Nature", "Dance", "City")}  # fmt: skip
    made = {name: films.create_film(title=title, original_title=original, year=year,
                                    category=shelves[shelf],
                                    state="draft" if name == "draft" else "published")
            for name, (title, original, year, shelf) in FILMS.items()}  # fmt: skip
    people = {}
    for name, (full, film) in PEOPLE.items():
        people[name] = films.create_person(name=full)
        films.edit_film(film=made[film], by=None, credits=[(people[name], "director")])
    topics = {name: services.open_topic(title=title, by=None) for name, title in TOPICS.items()}
    comments = {}
    for name, (where, author, year, month, text) in COMMENTS.items():
        topic_id = topics[where].pk if where in topics else made[where].topic_id
        if author not in pens:
            pens[author] = pen_with_secret("", author)[0]
        who = (services.Author(member=member) if author == "Sunniva"
               else services.Author(pen=pens[author], name=author))  # fmt: skip
        one = services.post_comment(author=who, body=text, topic_id=topic_id).comment
        date(one, datetime(year, month, 1, tzinfo=UTC))
        comments[name] = one
    films.set_film_state(film=made["gone"], state="withdrawn", by=None)
    services.moderate(comment_id=comments["c9"].pk, verb="hold", by=ANYBODY)
    services.moderate(comment_id=comments["c10"].pk, verb="remove", by=ANYBODY, reason="advert")
    services.delete_comment(comment_id=comments["c11"].pk, by=Reader(pen=pens["Nils"]))
    names = {"films": made, "people": people, "topics": topics, "comments": comments}
    return SimpleNamespace(
        names={kind: {row.pk: name for name, row in rows.items()} for kind, rows in names.items()},
        member=member,
        pens=pens,
        films=made,
        topics=topics,
        comments=comments,
    )


def date(comment, at):
    """Give a comment another moment, with the key that it is found by."""
    Comment.objects.filter(pk=comment.pk).update(created_at=at)
    CommentText.objects.filter(pk=comment.pk).update(search_key=key_of(at, comment.pk))
