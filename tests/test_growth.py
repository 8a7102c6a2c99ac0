"""What pages ask of the database does not grow with the site; `./run bench growth` has the times."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from forum.discussions.kept import kept
from tests.bench import growth_site
from tests.bench.growth_pages import PAGES, Site
from tests.bench.growth_worker import caught, scans_of_sqlite

TABLES = {
    *("discussions_comment", "discussions_commenttext", "discussions_thread", "discussions_topic"),
    *("discussions_event", "films_film", "films_person", "films_credit", "films_filmcountry"),
    *("films_filmversion", "films_source", "accounts_user", "accounts_pen"),
}


def ask(site, page):
    """Return what a page runs, once Django keeps what it keeps for ever."""
    kept.clear()
    page.make(site)()
    act = page.make(site)
    with CaptureQueriesContext(connection) as queries, caught() as found:
        assert act().status_code == page.status, page.name
    return len(queries), found


def at_size(comments, look):
    """Return {page: look(what ask returns)} of a site of that size, which is gone afterwards."""
    with transaction.atomic():
        growth_site.make(comments)
        if connection.vendor == "postgresql":
            # As a site has it. With figures of tables that were empty when it last looked, it goes
            # through one table for each row of another: a page took minutes.
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
        site = Site.open()
        found = {page.name: look(ask(site, page)) for page in PAGES}
        transaction.set_rollback(True)
    kept.clear()
    return found


@pytest.mark.django_db
def test_every_kind_of_page_and_of_posting_asks_as_much_at_two_sizes():
    small, large = (at_size(size, lambda asked: asked[0]) for size in (1_000, 4_000))
    assert {name for name in small if small[name] != large[name]} == set()


@pytest.mark.sqlite  # PostgreSQL chooses by size: ./run bench growth looks at a million comments
@pytest.mark.django_db
def test_on_sqlite_no_statement_of_a_page_reads_a_growing_table_whole():
    def whole(asked):
        with connection.cursor() as cursor:
            return [scan for sql, values, _prepared in asked[1]
                    for scan in scans_of_sqlite(cursor, sql, values, TABLES)]  # fmt: skip

    found = at_size(1_000, whole)
    assert {name: scans for name, scans in found.items() if scans} == {}
