"""What the admin offers to choose from: the years that at least one film has, drafts too.

They are found by steps from one value to the next in an index: as many steps as there are values,
however many films there are, and nothing is kept that could be stale.
"""

from films.models import Film
from forum import sql

_FILMS = Film._meta.db_table
# MIN of what follows is one look into an index; DISTINCT would read every film, and so may EXISTS.
_YEARS = f"""
WITH RECURSIVE step(state, year) AS (
 SELECT s.state, (SELECT MIN(f.year) FROM {_FILMS} f WHERE f.state = s.state)
  FROM ({{states}}) s
 UNION ALL
 SELECT step.state,
  (SELECT MIN(f.year) FROM {_FILMS} f WHERE f.state = step.state AND f.year > step.year)
  FROM step WHERE step.year IS NOT NULL)
SELECT DISTINCT year FROM step WHERE year IS NOT NULL ORDER BY year"""  # noqa: S608 (our own tables)


def years(states: list[str]) -> list[int]:
    """Return the years of films in these states, ascending; one query."""
    return [year for (year,) in sql.rows(_YEARS.format(states=_table(states)), states)]


def _table(states: list[str]) -> str:
    return " UNION ALL ".join(["SELECT CAST(%s AS VARCHAR(9)) AS state"] * len(states))
