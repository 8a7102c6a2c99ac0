"""import_films --undo: a run taken back, as far as nobody touched what it made."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from films import services
from films.models import Film, Person
from forum.accounts.models import User
from forum.discussions.models import Topic
from forum.discussions.services import Author, post_comment
from forum.transfer import rolling_back
from forum.transfer.models import FilmRef
from tests.transfer.test_import_films import films

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_checks")]
LIST = "title,year,director,id\nNight Mail,1936,Harry Watt,1\nDrifters,1929,John Grierson,2\n"
DRIFTERS, NIGHT_MAIL, SALT = ("Drifters", 1929), ("Night Mail", 1936), ("Salt for Svanetia", 1930)


@pytest.fixture
def brought(bring):
    """brought(text) -> the name of the run that brought it"""

    def run(text=LIST, *flags):
        return re.search(r"This run is (\S+);", bring(text, *flags))[1]

    return run


def undo(run, *flags):
    said = StringIO()
    call_command("import_films", "--undo", run, *flags, stdout=said)
    return said.getvalue()


def people():
    return sorted(Person.objects.values_list("name", flat=True))


def test_a_run_is_taken_back_whole_after_saying_what_goes_and_can_be_brought_again(brought, bring):
    watt = services.create_person(name="Harry Watt")
    services.create_film(title=SALT[0], year=SALT[1], credits=[(watt, "editor")])
    run = brought()
    for flags in ((), ("--yes", "--dry-run")):
        said = undo(run, *flags)
        assert "2 films would go" in said
        assert "People whom no film holds then go too; categories stay." in said
        assert "Nothing was taken back. To do it, add --yes." in said
        assert len(films()) == 3
    said = undo(run, "--yes")
    assert "2 films went" in said
    assert "1 person whom no film holds any more" in said
    assert films() == [SALT]
    assert people() == ["Harry Watt"]  # a film that was here holds him
    assert (Topic.objects.count(), FilmRef.objects.count()) == (1, 0)
    assert "2 films made, 0 here already" in bring(LIST)


def test_what_somebody_changed_or_wrote_under_stays_and_is_named(brought):
    run = brought(f"{LIST}Salt for Svanetia,1930,Mikhail Kalatozov,3\n")
    changed, spoken_of = Film.objects.order_by("pk")[:2]
    services.change_film(film=changed, tagline="Mine now")
    post_comment(
        author=Author(member=User.objects.create_user("Sunniva")),
        body="The boats!",
        topic_id=spoken_of.topic_id,
    )
    for flags in ((), ("--yes",)):
        said = undo(run, *flags)
        assert "1 film w" in said
        assert "2 stay, as somebody touched them or wrote there:\n  Night Mail" in said
        assert "  Drifters" in said
    assert films() == [NIGHT_MAIL, DRIFTERS]
    assert people() == ["Harry Watt", "John Grierson"]
    assert "0 films would go" in undo(run)  # what stayed is still that run's


def test_films_that_another_run_names_stay_and_those_of_the_same_list_run_twice_go(brought):
    first = brought()
    second = brought(f"{LIST}Salt for Svanetia,1930,Mikhail Kalatozov,3\n", "--source", "list")
    other = brought("title,year,id\nDrifters,1929,d\n", "--source", "another")
    undo(other, "--yes")  # it made none
    assert "1 film went" in undo(second, "--yes")
    assert films() == [NIGHT_MAIL, DRIFTERS]
    brought("title,year,id\nDrifters,1929,d\n", "--source", "another")
    assert "1 film went" in undo(first, "--yes")
    assert films() == [DRIFTERS]


def test_what_was_cut_short_is_finished_by_doing_it_again(brought, monkeypatch):
    run = brought()
    monkeypatch.setattr(rolling_back, "AT_ONCE", 1)

    def stop(_done, _total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rolling_back.roll_back(run, by_id=None, progress=stop)
    assert films() == [DRIFTERS]
    assert "1 film went" in undo(run, "--yes")
    assert (films(), FilmRef.objects.count()) == ([], 0)


def test_a_run_that_is_not_here_is_told_with_those_that_are(brought):
    run = brought()
    with pytest.raises(CommandError, match=f"No run is called films-0. Here are:\n  {run}"):
        undo("films-0")
    with pytest.raises(CommandError, match="Which file"):
        call_command("import_films")
    undo(run, "--yes")
    with pytest.raises(CommandError, match="Here are:\n  none"):
        undo(run)
