"""Small WordPress exports, written for these tests."""

import itertools
from xml.sax.saxutils import escape

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>The old site</title><link>https://old.example</link>
<wp:wxr_version>1.2</wp:wxr_version><wp:base_blog_url>https://old.example</wp:base_blog_url>
"""
TAIL = "</channel></rss>\n"
_numbers = itertools.count(1)


def wxr(*items: str) -> str:
    return HEAD + "\n".join(items) + TAIL


def item(*comments: str, title="Nanook of the North", post_id=7, more="", **fields) -> str:
    """One <item>; a field given as None is left out, others are named as in the file."""
    texts = {
        "title": title,
        "link": f"https://old.example/2012/01/film-{post_id}/",
        "content:encoded": "A film.",
        "wp:post_id": post_id,
        "wp:post_date": "2012-01-04 09:38:05",
        "wp:post_date_gmt": "2012-01-04 16:38:05",
        "wp:post_name": f"film-{post_id}",
        "wp:status": "publish",
        "wp:post_type": "post",
    } | {name.replace("__", ":"): value for name, value in fields.items()}
    lines = [f"<{k}>{escape(str(v))}</{k}>" for k, v in texts.items() if v is not None]
    return "<item>" + "\n".join([*lines, more, *comments]) + "</item>"


def comment(number=None, parent=0, body="I saw it.", approved="1", **fields) -> str:
    """One <wp:comment>; a field given as None is left out."""
    number = number if number is not None else next(_numbers) + 9000
    texts = {
        "id": number,
        "author": "Teresa",
        "author_email": "teresa@example.org",
        "author_url": "",
        "author_IP": "192.0.2.7",
        "date": "2013-03-14 11:56:08",
        "date_gmt": "2013-03-14 18:56:08",
        "content": body,
        "approved": approved,
        "type": "",
        "parent": parent,
        "user_id": 0,
    } | fields
    twin = texts.pop("twin", None)  # its number at Disqus
    meta = (
        "<wp:commentmeta><wp:meta_key>dsq_post_id</wp:meta_key>"
        f"<wp:meta_value><![CDATA[{twin}]]></wp:meta_value></wp:commentmeta>"
    )
    lines = (
        f"<wp:comment_{k}>{escape(str(v))}</wp:comment_{k}>"
        for k, v in texts.items()
        if v is not None
    )
    return "<wp:comment>" + "".join(lines) + (meta if twin else "") + "</wp:comment>"


def tag(name: str, domain="post_tag") -> str:
    return f'<category domain="{domain}" nicename="x"><![CDATA[{name}]]></category>'


def meta(key: str, value: str) -> str:
    return f"<wp:postmeta><wp:meta_key>{key}</wp:meta_key><wp:meta_value>{value}</wp:meta_value></wp:postmeta>"
