"""Addresses of the site that was left, written one way. Pure."""

import re
from urllib.parse import quote, unquote, unquote_to_bytes, urlsplit

# A WordPress site without permalinks: the root with the number of the post.
SHORT_LINK = re.compile(r"^/\?(?:p|page_id)=\d+$")


def normal_address(link: str) -> str:
    """Return path and query of `link` in one spelling (host and fragment off, escapes alike).

    Empty if it is no address.
    """
    try:
        parts = urlsplit(link.strip())
    except ValueError:
        return ""
    if not (parts.netloc or parts.path.startswith("/")):
        return ""
    path = quote(unquote_to_bytes(parts.path or "/"), safe="/~!$&'()*+,;=:@-._")
    query = re.sub("%[0-9a-f]{2}", lambda escape: escape[0].upper(), parts.query, flags=re.I)
    return f"{path}?{query}" if query else path


def last_word(address: str) -> str:
    """Return the last word of an address, which names its page; names of index files do not."""
    words = re.findall(r"[^/?&=]+", unquote(address))
    while words and re.fullmatch(r"index\.\w{2,5}", words[-1]):
        words.pop()
    return re.sub(r"\.(?:html?|php|aspx?)$", "", words[-1]) if words else ""


def path_of(address: str) -> str:
    """Return the path of an address as Django's URL table reads it."""
    return unquote(address.partition("?")[0])


def also_asked_as(address: str) -> list[str]:
    """Return the spellings under which a page may have been brought in, the best one first:
    as it is asked for, with or without the last stroke, and without a query of the visitor's own.
    """
    path, _, query = address.partition("?")
    other = path.rstrip("/") if path.endswith("/") else f"{path}/"
    asked = [f"{each}?{query}" if query else each for each in (path, other or "/")]
    return list(dict.fromkeys([*asked, path, other or "/"]))
