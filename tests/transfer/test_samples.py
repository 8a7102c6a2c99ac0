"""Real exports give the numbers that their README says. Collected only where they are at hand."""

import json
import subprocess
import sys
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from films.models import Film
from forum.discussions import tree
from forum.discussions.models import Comment, State
from forum.transfer.models import OldAddress
from tests.transfer.conftest import ROOT, SAMPLES

WORDPRESS = SAMPLES / "wordpress"
HOSTILE = SAMPLES / "hostile"
pytestmark = pytest.mark.django_db


def test_the_theme_unit_test(bring_in_file, client):
    path = WORDPRESS / "theme-unit-test.xml"
    said = bring_in_file(path)
    assert "180 items" in said
    assert "2 pingback, 2 trackback" in said
    assert Comment.objects.count() == 28
    assert Comment.objects.filter(state=State.PUBLIC).count() == 25
    assert Comment.objects.held().count() == 3
    assert Comment.objects.exclude(parent=None).count() == 10
    assert Comment.objects.order_by("-level").first().level + 1 == 10
    assert "parent is not in the file" not in said
    on_pages = Film.objects.filter(slug__in=["page-with-comments", "blog"]).values("topic")
    assert Comment.objects.filter(thread__topic__in=on_pages).count() == 5
    assert tree.check() == []
    secret = Film.objects.get(state=Film.State.DRAFT)
    assert Comment.objects.filter(thread__topic=secret.topic, state=State.PUBLIC).count() == 1
    assert Comment.objects.public().count() == 24
    for old in OldAddress.objects.select_related("film"):
        answer = client.get(old.address)
        if old.film.is_published:
            assert (answer.status_code, answer["Location"]) == (301, old.film.get_absolute_url())
        else:
            assert answer.status_code == 404
    assert "Nothing new" in bring_in_file(path)


def test_every_page_and_comment_of_the_theme_unit_test_can_be_read(bring_in_file, client):
    bring_in_file(WORDPRESS / "theme-unit-test.xml")
    for film in Film.objects.all():
        answer = client.get(film.get_absolute_url())
        assert answer.status_code == (200 if film.is_published else 404), film
    for comment in Comment.objects.select_related("thread__topic"):
        is_open = comment.is_public and not comment.thread.topic.hidden_at
        assert client.get(comment.get_absolute_url()).status_code == (200 if is_open else 404)


def test_the_export_that_repeats_an_id(bring_in_file):
    said = bring_in_file(WORDPRESS / "isso-wordpress.xml")
    assert "3 items" in said
    assert Film.objects.count() == 3
    assert Comment.objects.filter(state=State.PUBLIC).count() == 8
    assert Comment.objects.exclude(parent=None).count() == 3
    assert Comment.objects.order_by("-level").first().level + 1 == 3


def test_the_malformed_export(bring_in_file):
    with pytest.raises(CommandError, match=r"line 90, column 2: .*mismatched tag"):
        bring_in_file(WORDPRESS / "wordpress-importer-malformed.xml")
    assert not Film.objects.exists()


def test_the_export_full_of_cdata(bring_in_file):
    said = bring_in_file(WORDPRESS / "wordpress-importer-crazy-cdata-escaped.xml")
    assert "1 item" in said
    assert "0 comments" in said
    assert Film.objects.count() == 1


def test_the_disqus_export(bring_in_file, client):
    path = SAMPLES / "disqus" / "isso-disqus.xml"
    said = bring_in_file(path, kind="disqus")
    assert "3 threads and 6 posts, of which 2 may be films" in said
    assert "post 6 of thread 1337" in said
    assert "1 empty" in said
    assert [film.title for film in Film.objects.order_by("pk")] == ["Hello, World!", "redacted"]
    assert Comment.objects.public().count() == 4
    (gone,) = Comment.objects.in_state(State.DELETED)
    assert gone.has_public_reply()
    assert Comment.objects.count() == 5
    assert Comment.objects.exclude(parent=None).count() == 2
    assert tree.check() == []
    assert "Nothing new" in bring_in_file(path, kind="disqus")


def test_the_disqus_export_that_is_not_xml(bring_in_file):
    with pytest.raises(CommandError, match=r"line 1, column 0: malformed XML"):
        bring_in_file(SAMPLES / "disqus" / "remark42-disqus.xml", kind="disqus")
    assert not Film.objects.exists()


@pytest.mark.parametrize("kind", ["wordpress", "disqus"])
def test_every_hostile_document_is_refused(bring_in_file, tmp_path, kind):
    documents = json.loads((HOSTILE / "xxe_documents.json").read_text())
    assert len(documents) == 102
    for number, document in enumerate(documents):
        path = tmp_path / f"{number}.xml"
        path.write_text(document)
        with pytest.raises(CommandError, match="Nothing was written"):
            bring_in_file(path, kind=kind)
    assert not Film.objects.exists()


def test_hostile_documents_open_no_file_and_no_connection_and_take_no_memory(tmp_path):
    """In a process of its own, whose every open and every socket is heard of."""
    code = """
import json, resource, sys
from datetime import UTC
from pathlib import Path
import django
django.setup()
from forum.transfer.records import BadFile
from forum.transfer.wordpress import Tally, read
documents = json.loads(Path(sys.argv[1]).read_text())
path = Path(sys.argv[2])
opened = []
def listen(event, args):
    if event in ("open", "socket.connect", "socket.getaddrinfo", "subprocess.Popen"):
        opened.append((event, str(args[0])))
sys.addaudithook(listen)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
refused = 0
for document in documents:
    path.write_text(document)
    try:
        list(read(path, UTC, Tally()))
    except BadFile:
        refused += 1
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(refused, grown, sorted(set(opened) - {("open", str(path))}))
"""
    words = [sys.executable, "-c", code, str(HOSTILE / "xxe_documents.json"), str(tmp_path / "x")]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    refused, grown_kb, opened = done.stdout.split(maxsplit=2)
    assert refused == "102"
    assert int(grown_kb) < 8 * 1024
    assert opened.strip() == "[]"


def test_the_list_of_films():
    path = SAMPLES / "films" / "wikipedia-movies-1970s.json"

    def bring(*flags):
        said = StringIO()
        call_command("import_films", str(path), *flags, stdout=said)
        return said.getvalue()

    assert "40 films would be made" in bring("--only=genres=Documentary", "--dry-run")
    assert "CC BY-SA" in bring()
    assert Film.objects.count() == 1_617
    assert Film.objects.filter(title="Treasure Island", year=1972).count() == 2
    assert Film.objects.exclude(description="").count() == 0
    assert "0 films made, 1,617 here already" in bring()
