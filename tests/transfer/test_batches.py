"""The admin's door: upload, dry run by the worker, choices, import, roll back."""

import gzip
import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from films import services as films
from films.models import Film
from forum.accounts.models import User
from forum.discussions import services, tree
from forum.discussions.models import Comment, Event, State
from forum.discussions.services import Author, post_comment
from forum.transfer import batches, rolling_back, tasks, uploads
from forum.transfer.models import FilmRef, ImportBatch, ImportRef, OldAddress
from tests.moderation.hostile import STRINGS
from tests.transfer.dsq import dsq, post, thread
from tests.transfer.stored import everything
from tests.transfer.test_import import numbers
from tests.transfer.wxr import comment, item, wxr

pytestmark = pytest.mark.django_db
ADD = "/admin/transfer/importbatch/add/"
TWO = dsq(
    thread(1, title="Salt (1954)"),
    post(11, on=1, body="a"),
    post(12, on=1, parent=11, body="b"),
    post(13, on=1, body="c"),
    thread(2, title="Light"),
    post(21, on=2, body="d"),
)


@pytest.fixture
def owner(client):
    """A member of staff who may bring imports and nothing else, signed in."""
    user = User.objects.create_user("Ruth", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="add_importbatch"))
    client.force_login(user)
    return user


@pytest.fixture
def upload(client, owner):
    """upload(text, name=, films=) -> the answer to the form."""

    def send(text=TWO, name="export.xml", films="create"):
        data = text if isinstance(text, bytes) else text.encode()
        return client.post(ADD, {"file": SimpleUploadedFile(name, data), "films": films})

    return send


@pytest.fixture
def brought(upload, work):
    """brought(...) -> the import, read by the worker."""

    def bring(*args, **kwargs):
        assert upload(*args, **kwargs).status_code == 302
        assert work() == 1
        return ImportBatch.objects.latest("pk")

    return bring


@pytest.fixture
def press(client, work):
    """press(batch, act) -> the import after the worker did it."""

    def send(batch, act):
        address = reverse("admin:transfer_importbatch_start", args=[batch.pk])
        answer = client.post(address, {"act": act}, follow=True)
        assert answer.status_code == 200
        work()
        batch.refresh_from_db()
        return batch

    return send


def page_of(client, batch) -> str:
    answer = client.get(batch.get_absolute_url())
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def stored_files() -> list[Path]:
    return list(ImportBatch(stored="x").path.parent.glob("*"))


# Upload


def test_an_upload_is_kept_privately_read_and_nothing_is_written(upload, work, client):
    answer = upload(name="../../my export (1).xml")
    batch = ImportBatch.objects.get()
    assert answer["Location"] == batch.get_absolute_url()
    assert (batch.system, batch.state, batch.creates) == ("disqus", "check", True)
    assert (batch.name, str(batch.by)) == ("my export (1).xml", "Ruth")
    assert batch.size == len(TWO.encode())
    (path,) = stored_files()
    assert path.name == batch.stored
    assert path.stat().st_mode & 0o077 == 0
    assert work() == 1
    batch.refresh_from_db()
    assert batch.state == "checked"
    assert (Film.objects.count(), Comment.objects.count(), ImportRef.objects.count()) == (0, 0, 0)
    for address in (f"/media/{batch.stored}", f"/media/imports/{batch.stored}"):
        assert client.get(address).status_code == 404


def test_the_system_is_read_from_the_file_also_a_compressed_one(brought):
    packed = gzip.compress(wxr(item(comment(1))).encode())
    assert brought(packed, name="site.xml.gz").system == "wordpress"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("export.exe", TWO, "An export is an XML file"),
        ("export.xml", "<html>hello</html>", "neither an export of WordPress nor one of Disqus"),
        ("export.gz", b"\x1f\x8bbroken", "damaged"),
        ("export.xml", b"", "empty"),
    ],
)
def test_what_is_no_export_is_refused_and_not_kept(upload, name, text, words):
    answer = upload(text, name=name)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not ImportBatch.objects.exists()
    assert stored_files() == []


def test_a_file_that_is_too_large_is_refused_before_it_is_read(upload, settings, client):
    settings.IMPORT_BYTES = 100
    answer = upload()
    assert answer.status_code == 422
    assert "larger than 100" in answer.content.decode().replace("\xa0", " ")
    assert stored_files() == []
    body = io.BytesIO(b"never read")
    answer = client.generic("POST", ADD, body.read(), CONTENT_LENGTH=str(10**12))
    assert answer.status_code == 413


def test_an_upload_needs_its_token(owner):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(owner)
    answer = strict.post(ADD, {"file": SimpleUploadedFile("a.xml", TWO.encode()), "films": "match"})
    assert answer.status_code == 403
    assert not ImportBatch.objects.exists()


def test_a_malformed_file_is_told_with_its_place(brought, client):
    batch = brought("`" + TWO)
    assert batch.state == "failed"
    page = page_of(client, batch)
    assert "line 1, column 0: malformed XML" in page
    assert str(batch.path) not in page
    assert "Bring it in" not in page


def test_files_are_forgotten_after_30_days(brought, press):
    batch = brought()
    assert uploads.forget_uploads() == "0 uploads forgotten"
    ImportBatch.objects.update(state_at=timezone.now() - timedelta(days=31))
    assert uploads.forget_uploads() == "1 upload forgotten"
    assert stored_files() == []
    batch.refresh_from_db()
    assert not batch.may("check")
    assert not batch.may("load")


# The report


def test_the_report_says_what_would_be_done(brought, client):
    page = page_of(client, brought())
    for words in (
        "Nothing is written yet",
        "<dt><bdi>to be made</bdi></dt><dd>2</dd>",
        "<dt><bdi>new</bdi></dt><dd>4</dd>",
        "<dt><bdi>public</bdi></dt><dd>4</dd>",
        "14 Mar 2013",
        "Comments by level",
        "Salt",
        "oldsite",
    ):
        assert words in page, words


def test_it_lists_lost_posts_and_refused_addresses(brought, client):
    taken = thread(3, link="https://old.example/films/", title="Taken")
    page = page_of(client, brought(dsq(taken, post(31, on=3), post(32, on=99))))
    assert "post 32 of thread 99" in page
    assert "/films/</bdi>: <bdi>the site itself answers there" in page


def test_progress_is_shown_and_asked_again_with_and_without_scripts(upload, client):
    upload()
    batch = ImportBatch.objects.get()
    ImportBatch.objects.update(state="loading", phase="writing", done=1200, total=4000)
    page = page_of(client, batch)
    assert '<noscript><meta http-equiv="refresh" content="4"></noscript>' in page
    assert "1200 of 4000 comments" in page.replace(",", "")
    asked = reverse("admin:transfer_importbatch_progress", args=[batch.pk])
    assert f'hx-get="{asked}"' in page
    part = client.get(asked)
    assert 'value="30"' in part.content.decode()
    assert "<html" not in part.content.decode()
    ImportBatch.objects.update(state="loaded")
    assert client.get(asked)["HX-Refresh"] == "true"


def test_the_worker_writes_down_how_far_it_is(brought, press, monkeypatch):
    told = []
    monkeypatch.setattr(tasks, "TOLD_EVERY_S", 0)
    change = tasks._change

    def listen(batch, **changes):
        told.append(changes.get("phase"))
        change(batch, **changes)

    monkeypatch.setattr(tasks, "_change", listen)
    press(brought(), "load")
    assert {"reading", "writing"} <= set(told)


# Import


def test_the_import_is_done_by_the_worker_and_told(brought, press, client):
    batch = press(brought(), "load")
    assert batch.state == "loaded"
    assert numbers() == {"a": "1", "b": "1.1", "c": "2", "d": "1"}
    assert [str(film) for film in Film.objects.order_by("pk")] == ["Salt (1954)", "Light"]
    page = page_of(client, batch)
    assert "<dt><bdi>made</bdi></dt><dd>2</dd>" in page
    assert "Roll back" in page
    assert tree.check() == []


def test_pressing_twice_starts_it_once(brought, client):
    batch = brought()
    address = reverse("admin:transfer_importbatch_start", args=[batch.pk])
    before = DBTaskResult.objects.count()
    for _time in range(2):
        client.post(address, {"act": "load"})
    assert DBTaskResult.objects.count() == before + 1


def test_nothing_is_brought_in_unread_and_no_other_act_is_known(upload, client, work):
    upload()
    batch = ImportBatch.objects.get()
    address = reverse("admin:transfer_importbatch_start", args=[batch.pk])
    for act in ("load", "undo", "delete", ""):
        assert client.post(address, {"act": act}).status_code == 302
    work()
    assert not Comment.objects.exists()
    assert client.get(address).status_code == 405


def test_an_import_whose_worker_died_goes_on_where_it_was(brought, press, work):
    batch = brought()
    press(batch, "load")
    before = everything()
    ImportBatch.objects.update(state="loading")
    tasks.work.enqueue(batch.pk)
    work()
    batch.refresh_from_db()
    assert batch.state == "loaded"
    assert everything() == before
    ImportBatch.objects.update(state="loading", state_at=timezone.now() - timedelta(minutes=11))
    batch.refresh_from_db()
    assert batch.is_stuck
    assert batch.may("load")


# Choices


def choose(client, batch, **fields):
    page = batch.report["open_pages"]
    sent = {f"ref-{number}": one["ref"] for number, one in enumerate(page)}
    sent |= {name.replace("_", "-"): value for name, value in fields.items()}
    return client.post(reverse("admin:transfer_importbatch_choices", args=[batch.pk]), sent)


def test_pages_without_a_film_are_mapped_by_hand(brought, press, client):
    film = films.create_film(title="Salt of the Earth", year=1954)
    batch = brought(films="match")
    assert "no film here; its comments stay out" in page_of(client, batch)
    answer = choose(client, batch, film_0="salt of the earth", do_1="new")
    assert answer.status_code == 302
    batch.refresh_from_db()
    assert batch.choices == {"1": film.pk, "2": "new"}
    press(batch, "check")
    assert (batch.report["matched"], batch.report["created"], batch.report["unmatched"]) == (
        1,
        1,
        0,
    )
    assert 'value="Salt of the Earth (1954)"' in page_of(client, batch)
    press(batch, "load")
    film.topic.refresh_from_db()
    assert film.topic.comment_count == 3
    assert Film.objects.count() == 2


def test_a_page_can_be_left_out_where_all_become_films(brought, press, client):
    batch = brought()
    choose(client, batch, do_0="skip")
    press(batch, "load")
    assert [film.title for film in Film.objects.all()] == ["Light"]


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("/films/hunger/", True),
        ("https://films.example.org/films/hunger/", True),
        ("Hunger (1954)", True),
        ("HUNGER  (1954)", True),
        ("hunger", False),
        ("hun", False),
        ("Unheard of", False),
        ("/films/none/", False),
    ],
)
def test_a_film_is_named_by_address_or_title(brought, client, text, is_found):
    film = films.create_film(title="Hunger", year=1954, slug="hunger")
    films.create_film(title="Hunger", year=2010)
    batch = brought(films="match")
    answer = choose(client, batch, film_0=text, film_1="", do_1="skip")
    assert answer.status_code == (302 if is_found else 422)
    batch.refresh_from_db()
    assert batch.choices == ({"1": film.pk, "2": "skip"} if is_found else {})
    if not is_found:
        page = answer.content.decode()
        assert f'value="{text}"' in page
        assert '<option value="skip" selected>' in page
        assert 'aria-invalid="true"' in page
        assert ("Hunger (2010)" in page) == text.startswith("hun")


def test_a_film_of_the_search_is_offered(brought, client):
    films.create_film(title="Salt for Svanetia", year=1930)
    answer = client.get("/admin/transfer/importbatch/films/", {"film-3": "salt sva"})
    assert '<option value="Salt for Svanetia (1930)">' in answer.content.decode()
    assert "option" not in client.get("/admin/transfer/importbatch/films/?film-3=").content.decode()


def test_choices_for_pages_that_are_not_in_the_file_are_not_taken(brought, client):
    batch = brought(films="match")
    address = reverse("admin:transfer_importbatch_choices", args=[batch.pk])
    client.post(address, {"ref-0": "77", "do-0": "new", "ref-x": "1", "do-x": "new"})
    batch.refresh_from_db()
    assert batch.choices == {}


def test_many_open_pages_are_shown_in_parts_with_few_queries(
    brought, client, django_assert_max_num_queries
):
    many = [thread(n, title=f"Film {n}") + post(1000 + n, on=n) for n in range(1, 121)]
    batch = brought(dsq(*many), films="match")
    with django_assert_max_num_queries(20):
        page = page_of(client, batch)
    assert page.count('class="choice"') == 50
    assert "part=3" in page
    assert (
        client.get(f"{batch.get_absolute_url()}?part=3").content.decode().count('class="choice"')
        == 20
    )


# Roll back


def test_an_import_is_taken_back_whole_and_can_be_brought_in_again(brought, press, client):
    film = films.create_film(title="Light")
    before = everything()
    batch = press(brought(films="create"), "load")
    choice = client.get(reverse("admin:transfer_importbatch_undo", args=[batch.pk]))
    page = " ".join(choice.content.decode().split())
    assert "4 comments" in page
    assert "2 films that this import made" in page
    assert "nobody has answered" in page
    assert Comment.objects.count() == 4  # looking writes nothing
    press(batch, "undo")
    assert batch.state == "undone"
    assert (Comment.objects.count(), FilmRef.objects.count(), OldAddress.objects.count()) == (
        0,
        0,
        0,
    )
    assert everything() == before
    assert Film.objects.get() == film
    assert tree.check() == []
    assert "4 comments went" in page_of(client, batch)
    assert Event.objects.filter(verb="rollback", actor_id=batch.by_id).count() == 4
    press(batch, "check")
    press(batch, "load")
    assert sorted(numbers()) == ["a", "b", "c", "d"]


def test_what_somebody_answered_stays_with_all_above_it_and_is_listed(brought, press, client):
    batch = press(brought(), "load")
    member = User.objects.create_user("Sunniva")
    under = Comment.objects.get(text__body="b")
    post_comment(author=Author(member=member), body="mine", parent_id=under.pk)
    page = client.get(reverse("admin:transfer_importbatch_undo", args=[batch.pk])).content.decode()
    assert f"#{under.pk}" in page
    press(batch, "undo")
    assert numbers() == {"a": "1", "b": "1.1", "mine": "1.1.1"}
    assert [film.title for film in Film.objects.all()] == ["Salt"]
    page = page_of(client, batch)
    assert "2 comments stay, as somebody answered below them" in page
    assert f"#{under.pk}" in page
    assert "Salt (1954)" in page
    assert tree.check() == []
    # What stayed is known, what went comes back.
    press(batch, "check")
    press(batch, "load")
    assert sorted(numbers()) == ["a", "b", "c", "d", "mine"]
    assert Comment.objects.get(text__body="mine").parent_id == under.pk


def test_the_part_of_a_thread_that_nobody_needs_goes(brought, press):
    text = dsq(
        thread(1),
        post(11, on=1, body="a"),
        post(12, on=1, parent=11, body="b"),
        post(13, on=1, parent=11, body="c"),
        post(14, on=1, parent=13, body="d"),
    )
    batch = press(brought(text), "load")
    member = User.objects.create_user("Sunniva")
    post_comment(
        author=Author(member=member), body="e", parent_id=Comment.objects.get(text__body="b").pk
    )
    press(batch, "undo")
    assert sorted(numbers()) == ["a", "b", "e"]
    assert tree.check() == []


def test_a_film_that_somebody_changed_stays_without_its_imported_talk(brought, press):
    batch = press(brought(), "load")
    films.change_film(film=Film.objects.get(title="Light"), tagline="Mine now")
    press(batch, "undo")
    assert [film.title for film in Film.objects.all()] == ["Light"]
    assert not Comment.objects.exists()
    assert batch.report["undone"]["films_staying"] == ["Light"]


def test_a_film_under_which_somebody_began_a_thread_stays_and_that_is_said_before(brought, press):
    batch = press(brought(), "load")
    member, light = User.objects.create_user("Sunniva"), Film.objects.get(title="Light")
    post_comment(author=Author(member=member), body="mine", topic_id=light.topic_id)
    found = rolling_back.plan(batch.label)
    assert (found.films, found.films_staying) == (1, ["Light"])
    press(batch, "undo")
    assert [film.title for film in Film.objects.all()] == ["Light"]
    assert list(numbers()) == ["mine"]


def test_films_that_were_here_and_comments_of_other_imports_stay(bring_in, brought, press):
    bring_in(
        wxr(
            item(
                comment(20, twin=11, body="a"),
                title="Salt",
                link="https://old.example/2012/01/film-1/",
            )
        )
    )
    before = everything()
    batch = press(brought(), "load")
    assert batch.report["doubles"] == 1
    press(batch, "undo")
    assert numbers() == {"a": "1"}
    after = everything()
    assert after[2:] == before[2:]
    assert Film.objects.count() == 1
    press(batch, "check")
    press(batch, "load")
    assert sorted(numbers()) == ["a", "b", "c", "d"]


def test_what_was_erased_does_not_come_back_after_a_roll_back(brought, press):
    batch = press(brought(), "load")
    services.erase_comment(comment_id=Comment.objects.get(text__body="c").pk, by=None)
    press(batch, "undo")
    assert not Comment.objects.exists()
    press(batch, "check")
    press(batch, "load")
    assert sorted(numbers()) == ["a", "b", "d"]


def test_an_edited_or_moderated_comment_goes_too(brought, press):
    batch = press(brought(), "load")
    a = Comment.objects.get(text__body="d")
    services.set_state(
        comment_id=a.pk, to=State.HELD, sources=frozenset({"public"}), verb="hold", by=None
    )
    press(batch, "undo")
    assert not Comment.objects.exists()


# Who may


def addresses(batch) -> list[tuple[str, str]]:
    name = "admin:transfer_importbatch"
    looked_at, pressed = (
        ("change", "progress", "undo", "history", "delete"),
        ("start", "choices", "delete"),
    )
    return [
        ("get", reverse(f"{name}_changelist")),
        ("get", reverse(f"{name}_add")),
        ("post", reverse(f"{name}_add")),
        ("get", reverse(f"{name}_films")),
        *[("get", reverse(f"{name}_{page}", args=[batch.pk])) for page in looked_at],
        *[("post", reverse(f"{name}_{page}", args=[batch.pk])) for page in pressed],
    ]


@pytest.mark.parametrize("who", ["anybody", "member", "staff without it"])
def test_every_page_and_press_asks_for_the_permission(brought, client, who):
    batch = brought()
    client.logout()
    if who != "anybody":
        other = User.objects.create_user("Oskar", is_staff=who == "staff without it")
        for name in ("moderate_comment", "add_film", "change_film"):
            other.user_permissions.add(Permission.objects.get(codename=name))
        client.force_login(other)
    before = (ImportBatch.objects.count(), DBTaskResult.objects.count())
    for method, address in addresses(batch):
        answer = getattr(client, method)(address, {"act": "load"})
        assert answer.status_code in ((403,) if who == "staff without it" else (302, 403)), address
        assert answer.status_code == 403 or "/login/" in answer["Location"]
    batch.refresh_from_db()
    assert batch.state == "checked"
    assert (ImportBatch.objects.count(), DBTaskResult.objects.count()) == before


def test_the_owner_may_open_every_page_and_delete_nothing(brought, client):
    batch = brought()
    for method, address in addresses(batch):
        if method == "get":
            expected = 403 if "delete" in address else 302 if "undo" in address else 200
            assert client.get(address).status_code == expected, address
    assert client.get("/admin/transfer/importbatch/999/change/").status_code == 404


def test_the_list_of_imports_costs_the_same_at_any_size(
    brought, client, django_assert_max_num_queries
):
    batch = brought()
    for number in range(150):
        ImportBatch.objects.create(
            system="disqus", name=f"{number}.xml", stored=str(number), size=1, by=batch.by
        )
    with django_assert_max_num_queries(12):
        page = client.get(reverse("admin:transfer_importbatch_changelist")).content.decode()
    assert "Disqus" in page


def test_hostile_names_and_titles_are_shown_as_text(brought, press, client):
    threads = [
        thread(n, title=text.replace("\x00", ""), link=f"https://old.example/{n}/")
        + post(1000 + n, on=n, name="x")
        for n, text in enumerate(_clean(STRINGS)[:40], 1)
    ]
    batch = brought(dsq(*threads), name="<img src=x onerror=alert(1)>.xml", films="match")
    ImportBatch.objects.update(error="<script>alert(2)</script>", state="failed")
    for page in (
        page_of(client, batch),
        client.get(reverse("admin:transfer_importbatch_changelist")).content.decode(),
    ):
        assert "<img src=x" not in page
        assert "<script>alert" not in page
        assert "onerror=alert(1)&gt;" in page


def _clean(texts):
    return ["".join(sign for sign in text if sign.isprintable()) for text in texts]


def test_the_service_refuses_choices_while_the_worker_has_it(upload):
    upload()
    batch = ImportBatch.objects.get()
    with pytest.raises(Exception, match="The worker has it now"):
        batches.choose(batch=batch, choices={"1": "new"})
