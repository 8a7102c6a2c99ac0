"""The rules of how this code is laid out, read from its syntax trees and templates.

Each rule is a function over a checkout that yields its faults as "file:line: what is wrong"; each is
seen to find a fault that is planted in a copy.
"""

import ast
import functools
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("forum", "films")

# From the top down. A module imports only from layers below its own, or from its own package.
LAYERS = [
    ["forum.start"],
    ["forum.urls", "forum.settings", "forum.wsgi"],
    ["forum.moderation", "forum.search", "forum.transfer"],
    ["films"],
    ["forum.discussions"],
    ["forum.accounts"],
    ["forum.worker"],
    [
        "forum.asking",
        "forum.constant",
        "forum.dates",
        "forum.errors",
        "forum.health",
        "forum.logs",
        "forum.middleware",
        "forum.static",
    ],
    ["forum.present"],
    ["forum.counts", "forum.markup", "forum.env", "forum.sql", "forum.postgresql", "forum.index"],
    ["forum.languages", "forum.marks"],
]
LAYER_OF = {package: depth for depth, layer in enumerate(LAYERS) for package in layer}
TREE_FIELDS = {"lft", "rght", "tree_id", "level"}
KNOWS_TREES = ("forum/discussions/tree/", "forum/discussions/models/")
QUERIES = {"filter", "exclude", "get", "Q", "When", "aggregate", "annotate"}
# Modules that call their HTML safe, each with its reason.
MAKES_SAFE = {
    "forum/constant.py",  # a template's own output, and a name, escaped
    "films/models/film.py",  # the title card: films/cards.py escapes every word of it
    "films/film_page.py",  # JSON-LD, in which every <, > and & is written as an escape
}


@functools.cache
def parsed(code: str) -> ast.Module:
    return ast.parse(code)


def modules(root: Path) -> Iterator[tuple[str, ast.Module]]:
    """Yield (path from the root, syntax tree) of every module but migrations."""
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(root).as_posix(), parsed(path.read_text())


def templates(root: Path) -> Iterator[tuple[str, int, str]]:
    """Yield (path from the root, line number, line) of every template."""
    for path in sorted((root / "templates").rglob("*")):
        if path.suffix in {".html", ".xml", ".txt", ".svg"}:
            for number, line in enumerate(path.read_text().splitlines(), 1):
                yield path.relative_to(root).as_posix(), number, line


def package_of(name: str) -> str | None:
    """Return the entry of LAYERS that a dotted name belongs to; None if it is not ours."""
    parts = name.split(".")
    return next((p for p in (".".join(parts[:2]), parts[0]) if p in LAYER_OF), None)


def imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield (line, dotted name) of everything imported, inside functions too.

    A model named in a string ("films.Film") and a module given to import_module count.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            dots = "." * node.level
            yield from ((node.lineno, f"{dots}{node.module or ''}.{a.name}") for a in node.names)
        elif isinstance(node, ast.Call) and name_of(node.func) in {
            "ForeignKey",
            "TreeForeignKey",
            "OneToOneField",
            "ManyToManyField",
            "get_model",
            "import_module",
            "import_string",
        }:
            to = next((k.value for k in node.keywords if k.arg == "to"), None)
            first = to or (node.args[0] if node.args else None)
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield node.lineno, dotted(first.value)


def dotted(name: str) -> str:
    """Return a model's "label.Model" as the dotted name of its module; other names as they are."""
    label = name.split(".")[0]
    return name if label in LAYER_OF or f"forum.{label}" not in LAYER_OF else f"forum.{name}"


def name_of(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def imports_go_down(root: Path) -> Iterator[str]:
    for path, tree in modules(root):
        own = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        here = package_of(own)
        if here is None:
            if own != "forum":
                yield f"{path}:1: stands in no layer; add it to LAYERS"
            continue
        for line, name in imported(tree):
            if name.startswith("."):
                yield f"{path}:{line}: a relative import"
                continue
            there = package_of(name)
            if there is None and name.split(".")[0] == "tests":
                yield f"{path}:{line}: imports the tests"
            if there not in (None, here) and LAYER_OF[there] <= LAYER_OF[here]:
                yield f"{path}:{line}: {here} imports {there}, which is not below it"


def only_the_tree_knows_tree_fields(root: Path) -> Iterator[str]:
    for path, tree in modules(root):
        if path.startswith(KNOWS_TREES):
            continue
        for node in ast.walk(tree):
            if found := field_names(node) & TREE_FIELDS:
                yield f"{path}:{node.lineno}: {found.pop()} outside forum/discussions/tree"


def field_names(node: ast.AST) -> set[str]:
    """Return the names in `node` that may be fields: an attribute, a keyword, a call's lookup, SQL.

    "level" is a word of prose and of logging too: in a string it counts as a call's argument alone.
    """
    if isinstance(node, ast.Attribute):
        return {node.attr}
    if isinstance(node, ast.keyword):
        return set((node.arg or "").split("__"))
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return set(re.findall(r"[a-z]+(?:_[a-z]+)*", node.value)) - {"level"}
    if isinstance(node, ast.Call):
        words = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
        return {part for word in words for part in str(word).removeprefix("-").split("__")}
    return set()


def only_models_filter_by_state(root: Path) -> Iterator[str]:
    for path, tree in modules(root):
        if path.endswith("/models.py") or "/models/" in path:
            continue
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or name_of(node.func) not in QUERIES:
                continue
            for keyword in node.keywords:
                if keyword.arg and "state" in keyword.arg.split("__"):
                    yield f"{path}:{keyword.value.lineno}: filters by state outside models"


def no_signals(root: Path) -> Iterator[str]:
    for path, tree in modules(root):
        for line, name in imported(tree):
            if re.search(r"django\.dispatch|\.signals?\b|contrib\.auth\.user_logged_in", name):
                yield f"{path}:{line}: a signal ({name})"


def only_env_reads_the_environment(root: Path) -> Iterator[str]:
    for path, tree in modules(root):
        if path == "forum/env.py":
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}:
                owner = node.value
                if isinstance(owner, ast.Name) and owner.id == "os":
                    if is_settings_module(tree, node):
                        continue
                    yield f"{path}:{node.lineno}: reads the environment"


def is_settings_module(tree: ast.Module, environ: ast.Attribute) -> bool:
    """Return True for os.environ.setdefault("DJANGO_SETTINGS_MODULE", …), which reads nothing."""
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.value is environ
        and node.func.attr == "setdefault"
        for node in ast.walk(tree)
    )


def safe_stands_after_html_alone(root: Path) -> Iterator[str]:
    for path, number, line in templates(root):
        for before in re.findall(r"\{\{\s*([^}]*?)\|\s*safe\b", line):
            if not re.fullmatch(r"[\w.]*\b\w*_html", before.strip()):
                yield f"{path}:{number}: |safe after {before.strip()}"
        if re.search(r"\{%\s*autoescape\s+off|\|\s*safeseq", line):
            yield f"{path}:{number}: escaping is switched off"


def safe_html_is_made_in_named_places(root: Path) -> Iterator[str]:
    for path, tree in modules(root):
        if path in MAKES_SAFE:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and name_of(node.func) in {"mark_safe", "SafeString"}:
                yield f"{path}:{node.lineno}: {name_of(node.func)}; see MAKES_SAFE"


def no_inline_script_or_style(root: Path) -> Iterator[str]:
    for path, number, line in templates(root):
        # A letter is no page: it has its style within it, and no style sheet to ask for.
        style = "(?!)" if path.startswith("templates/mail/") else r"<style\b|\sstyle\s*="
        if re.search(rf"{style}|<[^>]+\son\w+\s*=|javascript:", line):
            yield f"{path}:{number}: inline style or handler"
        for words in re.findall(r"<script\b([^>]*)>", line):
            if "src=" not in words and not re.search(r"application/(ld\+)?json", words):  # data
                yield f"{path}:{number}: inline script"


RULES: list[Callable[[Path], Iterator[str]]] = [
    imports_go_down,
    only_the_tree_knows_tree_fields,
    only_models_filter_by_state,
    no_signals,
    only_env_reads_the_environment,
    safe_stands_after_html_alone,
    safe_html_is_made_in_named_places,
    no_inline_script_or_style,
]
PLANTED = [
    (imports_go_down, "forum/discussions/models.py", "from films.models import Film"),
    (imports_go_down, "forum/accounts/models.py", "import forum.discussions.models"),
    (imports_go_down, "forum/search/apps.py", "from forum.transfer import models"),
    (imports_go_down, "forum/markup.py", "def late():\n    from forum import settings"),
    (imports_go_down, "forum/markup.py", "def late():\n    import films.models"),
    (imports_go_down, "films/models/film.py", "from . import cards"),
    (imports_go_down, "forum/discussions/models.py", "x = models.ForeignKey('films.Film', 1)"),
    (imports_go_down, "forum/accounts/models.py", "x = models.ForeignKey(to='discussions.Topic')"),
    (imports_go_down, "forum/accounts/models.py", "x = import_module('forum.transfer.loader')"),
    (imports_go_down, "forum/extra.py", "x = 1"),
    (only_the_tree_knows_tree_fields, "films/models/film.py", "x = y.lft"),
    (only_the_tree_knows_tree_fields, "films/models/film.py", "x = q.filter(comment__level__lt=2)"),
    (only_the_tree_knows_tree_fields, "films/models/film.py", "x = q.order_by('-tree_id')"),
    (only_the_tree_knows_tree_fields, "films/models/film.py", "x = q.order_by('comment__level')"),
    (
        only_the_tree_knows_tree_fields,
        "films/models/film.py",
        "x = 'SELECT id FROM c WHERE rght > 2'",
    ),
    (only_models_filter_by_state, "films/apps.py", "x = q.filter(state='public')"),
    (only_models_filter_by_state, "films/apps.py", "x = Q(comment__state__in=['public'])"),
    (no_signals, "films/apps.py", "from django.db.models.signals import post_save"),
    (no_signals, "films/apps.py", "def late():\n    from django.dispatch import receiver"),
    (only_env_reads_the_environment, "films/apps.py", "import os\nx = os.environ['X']"),
    (only_env_reads_the_environment, "films/apps.py", "import os\nx = os.getenv('X')"),
    (safe_stands_after_html_alone, "templates/planted.html", "{{ comment.body|safe }}"),
    (safe_stands_after_html_alone, "templates/planted.html", "{{ film.title|upper|safe }}"),
    (safe_stands_after_html_alone, "templates/planted.html", "{% autoescape off %}"),
    (safe_html_is_made_in_named_places, "films/apps.py", "x = mark_safe(y)"),
    (no_inline_script_or_style, "templates/planted.html", "<p style='color: red'>"),
    (no_inline_script_or_style, "templates/planted.html", "<a onclick='x()'>"),
    (no_inline_script_or_style, "templates/planted.html", "<script>x()</script>"),
    (no_inline_script_or_style, "templates/mail/planted.html", "<script>x()</script>"),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_code_keeps_the_rule(rule):
    assert list(rule(ROOT)) == []


@pytest.mark.parametrize(("rule", "path", "fault"), PLANTED)
def test_the_rule_finds_a_planted_fault(rule, path, fault, tmp_path):
    place = tmp_path / path
    place.parent.mkdir(parents=True)
    before = (ROOT / path).read_text() if (ROOT / path).exists() else ""
    place.write_text(before)
    known = set(rule(tmp_path)) if before else set()
    place.write_text(f"{before}\n{fault}\n")
    assert set(rule(tmp_path)) - known


def test_every_rule_is_seen_to_find_something():
    assert {rule for rule, _path, _fault in PLANTED} == set(RULES)
