"""What was said to the database, those statements too that PostgreSQL was asked to prepare."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test.utils import CaptureQueriesContext


@contextmanager
def statements() -> Iterator[list[str]]:
    """Yield a list that holds, once the block has ended, every statement in its order."""
    prepared: list[str] = []
    found: list[str] = []

    def note(execute, text, values, many, context):
        try:
            return execute(text, values, many, context)
        finally:
            cursor = context["cursor"].cursor
            # Before a statement is prepared, psycopg sends it as it is and Django notes it as any other.
            if type(cursor).__name__ == "ServerBindingCursor" and cursor._query is None:
                prepared.append(text)

    with CaptureQueriesContext(connection) as queries, connection.execute_wrapper(note):
        yield found
    texts = iter(prepared)  # of these Django notes that there was one, and not what it said
    found += [query["sql"] or next(texts) for query in queries]
