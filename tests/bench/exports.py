"""Large exports of both formats, invented, written as a stream: `python -m tests.bench.exports KIND FILE N`."""

import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

COMMENTS_A_FILM = 200  # the mean; films differ as a site's do, from 1 to some 20,000
WORDS = (
    "the a of and in that it was film light camera people slow train street window house year music"
    " cut hands face wind water snow smoke factory morning night voice silence map letter question"
).split()
BEGIN = datetime(2011, 5, 3, 18, 0, tzinfo=UTC)
NAMES = "Nils Vera Kofi Margit Oskar Teresa J.B. Ольга ليلى 健太 M. Ana Tuesday Bao".split()


def films(
    comments: int, seed: int = 1
) -> Iterator[tuple[int, list[tuple[int, int, str, str, str]]]]:
    """Yield (number of a film, its comments: id, parent's id or 0, name, date, text)."""
    chance = random.Random(f"{seed}/{comments}")
    count = max(1, comments // COMMENTS_A_FILM)
    weights = [1 / (1 + number) ** 0.7 for number in range(count)]
    shares = [max(1, round(comments * weight / sum(weights))) for weight in weights]
    shares[0] += comments - sum(shares)
    chance.shuffle(shares)
    first = 1
    for number, share in enumerate(shares, 1):
        rows = []
        for at in range(share):
            near = first + max(0, at - 30)
            parent = 0 if at == 0 or chance.random() < 0.3 else chance.randrange(near, first + at)
            said = BEGIN + timedelta(minutes=7 * (first + at))
            text = " ".join(chance.choices(WORDS, k=chance.randint(4, 90))).capitalize() + "."
            name = chance.choice(NAMES)
            rows.append((first + at, parent, name, f"{said:%Y-%m-%dT%H:%M:%SZ}", text))
        first += share
        yield number, rows


def disqus(comments: int) -> Iterator[str]:
    """Yield the lines of a Disqus export: threads first, then posts of all threads mixed by date."""
    yield (
        '<?xml version="1.0" encoding="utf-8"?>\n<disqus xmlns="http://disqus.com"'
        ' xmlns:dsq="http://disqus.com/disqus-internals">\n'
    )
    count = 0
    for number, rows in films(comments):
        count = number
        link = f"https://old.example/films/film-{number}-of-many/"
        yield (
            f'<thread dsq:id="{10**6 + number}"><id>{number}</id><forum>old</forum><link>{link}</link>'
            f"<title>Film {number} of many</title><message/><createdAt>{rows[0][3]}</createdAt>"
            "<author><name>Ruth</name><isAnonymous>false</isAnonymous><username>ruth</username>"
            "</author><isClosed>false</isClosed><isDeleted>false</isDeleted></thread>\n"
        )
    # Every seventh film first, so that a film's posts do not stand together.
    for turn in range(7):
        for number, rows in films(comments):
            for row in rows[turn::7]:
                yield _post(10**6 + number, row)
    assert count
    yield "</disqus>\n"


def _post(thread: int, row: tuple[int, int, str, str, str]) -> str:
    number, parent, name, date, text = row
    up = f'<parent dsq:id="{parent}"/>' if parent else ""
    return (
        f'<post dsq:id="{number}"><id/><message><![CDATA[<p>{text}</p>]]></message>'
        f"<createdAt>{date}</createdAt><isDeleted>false</isDeleted><isSpam>false</isSpam>"
        f"<author><email>a@example.org</email><name>{escape(name)}</name>"
        f"<isAnonymous>true</isAnonymous></author><ipAddress>192.0.2.1</ipAddress>"
        f'<thread dsq:id="{thread}"/>{up}</post>\n'
    )


def wordpress(comments: int) -> Iterator[str]:
    """Yield the lines of a WordPress export."""
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:wp="http://wordpress.org/export/1.2/"><channel>'
        "<wp:base_blog_url>https://old.example</wp:base_blog_url>\n"
    )
    for number, rows in films(comments):
        yield (
            f"<item><title>Film {number} of many</title><link>https://old.example/f-{number}/</link>"
            f"<content:encoded><![CDATA[A film.]]></content:encoded><wp:post_id>{number}</wp:post_id>"
            "<wp:post_date_gmt>2011-01-04 16:38:05</wp:post_date_gmt><wp:status>publish</wp:status>"
            f"<wp:post_name>f-{number}</wp:post_name><wp:post_type>post</wp:post_type>\n"
        )
        for one, parent, name, date, text in rows:
            said = date[:19].replace("T", " ")
            yield (
                f"<wp:comment><wp:comment_id>{one}</wp:comment_id>"
                f"<wp:comment_author><![CDATA[{name}]]></wp:comment_author>"
                "<wp:comment_author_email>a@example.org</wp:comment_author_email>"
                "<wp:comment_author_url/><wp:comment_author_IP>192.0.2.1</wp:comment_author_IP>"
                f"<wp:comment_date>{said}</wp:comment_date>"
                f"<wp:comment_date_gmt>{said}</wp:comment_date_gmt>"
                f"<wp:comment_content><![CDATA[{text}]]></wp:comment_content>"
                "<wp:comment_approved>1</wp:comment_approved><wp:comment_type>comment</wp:comment_type>"
                f"<wp:comment_parent>{parent}</wp:comment_parent>"
                "<wp:comment_user_id>0</wp:comment_user_id></wp:comment>\n"
            )
        yield "</item>\n"
    yield "</channel></rss>\n"


KINDS = {"disqus": disqus, "wordpress": wordpress}


def write(kind: str, path: Path, comments: int) -> None:
    with path.open("w") as file:
        file.writelines(KINDS[kind](comments))


if __name__ == "__main__":
    write(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
