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
        if type(context["cursor"].cursor).__name__ == "ServerBindingCursor":
            prepared.append(text)
        return execute(text, values, many, context)

    with CaptureQueriesContext(connection) as queries, connection.execute_wrapper(note):
        yield found
    texts = iter(prepared)  # of these Django notes that there was one, and not what it said
    found += [query["sql"] or next(texts) for query in queries]
