"""./run: what it says, what it installs and when. A fake Python stands in .venv; nothing is fetched."""

import ast
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SYSTEM_PATH = "/usr/bin:/bin"
FAKE_PYTHON = """#!/bin/sh
echo "$*" >> "{log}"
case "$*" in
  -c*) echo 3.12.1 ;;
  "-m pip --version") echo pip ;;
  *install*) echo "$INSTALLER_SAYS"; [ -z "$INSTALLER_SLEEPS" ] || exec sleep 60; exit ${{INSTALLER_EXIT:-0}} ;;
  *) echo "started: $*" ;;
esac
"""


class Checkout:
    """A folder with ./run and the locks, and a log of what its Python was told to do."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"
        for name in ("run", "requirements.txt", "requirements-dev.txt"):
            shutil.copy(ROOT / name, folder / name)

    def with_venv(self) -> "Checkout":
        write_program(self.folder / ".venv" / "bin" / "python", FAKE_PYTHON.format(log=self.log))
        return self

    def run(self, *words, **settings):
        environment = {"PATH": SYSTEM_PATH, "HOME": str(self.folder), **settings}
        return subprocess.run(
            [sys.executable, str(self.folder / "run"), *words],
            env=environment, cwd="/", capture_output=True, text=True, check=False,
        )  # fmt: skip

    def installs(self):
        """Return the locks that were installed since the last call."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return [Path(line.split()[-1]).name for line in lines if " install " in line]


def write_program(path, words):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(words)
    path.chmod(0o755)


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path)


def test_help_lists_every_command(checkout):
    done = checkout.run("--help")
    assert done.returncode == 0
    for command in ("./run ", "./run manage", "./run test", "./run check", "./run bench"):
        assert command in done.stdout


def test_it_is_a_program_of_the_standard_library_alone():
    assert os.access(ROOT / "run", os.X_OK)
    tree = ast.parse((ROOT / "run").read_text())
    names = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert names <= set(sys.stdlib_module_names)


def test_an_old_python_can_read_it():
    tree = ast.parse((ROOT / "run").read_text(), feature_version=(3, 7))
    notes = [node.annotation for node in ast.walk(tree) if isinstance(node, ast.arg)]
    notes += [node.returns for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    # list[str] is an error when an older Python meets it.
    assert not [note for note in notes if isinstance(note, ast.Subscript | ast.BinOp)]


def old_python(checkout, path):
    code = f"""
import runpy, sys
sys.version_info = (3, 9, 18, "final", 0)
sys.argv = ["run", "check", "--now"]
runpy.run_path({str(checkout.folder / "run")!r}, run_name="__main__")
"""
    return subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_too_old_python_says_so_in_one_line(checkout):
    done = old_python(checkout, "/nowhere")
    assert done.returncode == 1
    assert done.stderr == (
        "Python 3.11 or later is needed; this is 3.9.18, and no newer one is on PATH.\n"
    )


def test_a_too_old_python_hands_over_to_the_newest_that_works(checkout, tmp_path):
    write_program(tmp_path / "bin" / "python3.14", "#!/bin/sh\nexit 127\n")
    newer = '#!/bin/sh\n[ "$1" = -c ] && echo works || echo "3.13 got: $*"\n'
    write_program(tmp_path / "bin" / "python3.13", newer)
    write_program(tmp_path / "bin" / "python3.12", newer.replace("3.13", "3.12"))
    done = old_python(checkout, f"{tmp_path / 'bin'}:{SYSTEM_PATH}")
    assert done.stdout == f"3.13 got: {checkout.folder / 'run'} check --now\n"


def test_an_unknown_command_says_where_the_known_ones_are(checkout):
    done = checkout.run("runserver")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "'runserver' is not a command. ./run --help lists them.\n"


def test_the_first_start_installs_by_hash_and_the_second_installs_nothing(checkout):
    first = checkout.with_venv().run()
    assert first.stdout == "started: -m forum.start\n"
    assert "--require-hashes" in checkout.log.read_text()
    assert checkout.installs() == ["requirements.txt"]
    second = checkout.run()
    assert (second.stdout, second.stderr) == ("started: -m forum.start\n", "")
    assert checkout.installs() == []


def test_a_changed_lock_is_installed_again(checkout):
    checkout.with_venv().run()
    checkout.installs()
    with (checkout.folder / "requirements.txt").open("a") as lock:
        lock.write("# changed\n")
    checkout.run()
    assert checkout.installs() == ["requirements.txt"]


def test_what_tests_need_is_installed_for_tests_and_is_enough_to_serve(checkout):
    checkout.with_venv().run()
    assert checkout.installs() == ["requirements.txt"]
    assert checkout.run("test", "-k", "names").stdout == "started: -m tests.lanes -k names\n"
    assert checkout.installs() == ["requirements-dev.txt"]
    checkout.run()
    checkout.run("check")
    checkout.run("bench", "trees")
    assert checkout.installs() == []


def test_manage_is_given_its_words(checkout):
    done = checkout.with_venv().run("manage", "check_trees", "--film", "night mail")
    assert done.stdout == f"started: {checkout.folder}/manage.py check_trees --film night mail\n"


def test_uv_is_used_where_it_is_found(checkout, tmp_path):
    write_program(tmp_path / "bin" / "uv", f'#!/bin/sh\necho "uv $*" >> {checkout.log}\n')
    done = checkout.with_venv().run(PATH=f"{tmp_path / 'bin'}:{SYSTEM_PATH}")
    assert done.stdout == "started: -m forum.start\n"
    words = checkout.log.read_text()
    assert "uv pip install --require-hashes -r" in words
    assert "-m pip install" not in words


@pytest.mark.parametrize(
    "words",
    [
        "Failed to establish a new connection: [Errno 111]",
        "[Errno -3] Temporary failure in name resolution",
        "  cause: dns error",
    ],
)
def test_without_a_network_one_line_says_so_and_the_next_start_tries_again(checkout, words):
    done = checkout.with_venv().run(INSTALLER_SAYS=words, INSTALLER_EXIT="1")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1].startswith("No network? The packages could not be fetched")
    assert checkout.run().stdout == "started: -m forum.start\n"
    assert checkout.installs() == ["requirements.txt"] * 2


def test_a_failed_installation_gives_its_reason_and_where_the_rest_is(checkout):
    done = checkout.with_venv().run(INSTALLER_SAYS="hash mismatch", INSTALLER_EXIT="1")
    assert done.returncode == 1
    log = checkout.folder / ".venv" / "install.log"
    assert done.stderr.splitlines()[-1] == f"Installing failed: hash mismatch (all of it: {log})"


def test_a_python_without_venv_names_the_one_command_that_brings_it(checkout, tmp_path):
    (tmp_path / "ensurepip.py").write_text("raise ImportError")
    done = checkout.run(PYTHONPATH=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "This Python has no venv module. Add it: apt-get install python3-venv"
    )
    assert not (tmp_path / ".venv").exists()


def test_a_folder_that_cannot_be_written_is_named(checkout):
    run = checkout.folder / "run"
    run.write_text(
        run.read_text().replace("os.access(", "(lambda *_: False)(")
    )  # root may write all
    done = checkout.run()
    assert done.returncode == 1
    assert done.stderr == (
        f"{checkout.folder} cannot be written: own it, or clone to a folder of yours.\n"
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_while_installing_stops_the_installer_too(checkout, number):
    checkout.with_venv()
    process = subprocess.Popen(
        [sys.executable, str(checkout.folder / "run")],
        env={"PATH": SYSTEM_PATH, "INSTALLER_SLEEPS": "1"},
        stderr=subprocess.PIPE,
        text=True,
        # Whoever runs the tests in the background may have Ctrl-C ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while not (checkout.log.exists() and " install " in checkout.log.read_text()):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(number)
    # The installer holds the other end: the words end when it does.
    words = process.communicate()[1]
    assert process.returncode == 128 + number
    assert "Traceback" not in words
    assert not (checkout.folder / ".venv" / "foyer-stamp").exists()
