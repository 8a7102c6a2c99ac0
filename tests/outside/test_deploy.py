"""The units, the Caddyfile and the example of settings that are shipped: read by the programs they are for.

systemd-analyze and caddy are used where they are installed; a test that cannot use one says so.
"""

import os
import re
import shutil
import subprocess

import pytest

from tests.lanes import SETTINGS
from tests.test_architecture import ROOT

UNITS = sorted((ROOT / "deploy/systemd").glob("*.service"))
ANALYZE = shutil.which("systemd-analyze")
CADDY = shutil.which("caddy")
needs_systemd = pytest.mark.skipif(not ANALYZE, reason="systemd-analyze is not on this machine")
needs_caddy = pytest.mark.skipif(not CADDY, reason="caddy is not on this machine")


@pytest.fixture
def units(tmp_path):
    """The units with the paths of this checkout, whose programs are there."""
    checkout = tmp_path / "foyer"
    checkout.mkdir()
    (checkout / ".venv").symlink_to(ROOT / ".venv")
    for name in ("manage.py", "docs"):
        (checkout / name).symlink_to(ROOT / name)
    placed = []
    for unit in UNITS:
        text = unit.read_text().replace("/opt/foyer", str(checkout))
        placed.append(tmp_path / unit.name)
        placed[-1].write_text(text)
    return placed


def test_there_are_units_for_the_site_and_the_worker():
    assert [unit.name for unit in UNITS] == ["foyer-worker.service", "foyer.service"]


@needs_systemd
def test_systemd_finds_no_fault_in_the_units(units):
    done = subprocess.run(
        [ANALYZE, "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    ours = [line for line in done.stderr.splitlines() if "foyer" in line]
    assert (done.returncode, ours) == (0, [])


@needs_systemd
def test_systemd_finds_a_fault_that_is_planted(units):
    units[0].write_text(units[0].read_text().replace("ProtectHome=yes", "ProtectHome=perhaps"))
    done = subprocess.run(
        [ANALYZE, "verify", "--man=no", units[0]], capture_output=True, text=True, check=False
    )
    assert "Failed to parse protect home value" in done.stderr


@needs_systemd
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_the_units_are_exposed_to_little(unit):
    """systemd's own measure: 10 is everything, 2 and below is called OK."""
    done = subprocess.run(
        [ANALYZE, "security", "--offline=true", "--no-pager", unit],
        capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"},
    )  # fmt: skip
    found = re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout)
    if not found:
        pytest.skip(f"this systemd-analyze does not look at files: {done.stderr.strip()[:80]}")
    assert float(found[1]) <= 2.0


def test_the_site_starts_no_worker_where_the_worker_has_a_unit():
    assert "WORKER_BESIDE=off" in (ROOT / "deploy/systemd/foyer.service").read_text()


def test_the_example_of_settings_names_settings_alone():
    lines = (ROOT / "deploy/environment").read_text().splitlines()
    names = {found[1] for line in lines if (found := re.match(r"#?([A-Z_]+)=", line))}
    assert names
    assert names <= set(SETTINGS)


@needs_caddy
def test_caddy_takes_the_caddyfile(tmp_path):
    command = [
        CADDY,
        "validate",
        "--adapter",
        "caddyfile",
        "--config",
        ROOT / "deploy/caddy/Caddyfile",
    ]
    known = {**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=known)
    assert done.returncode == 0, done.stderr
    assert "Valid configuration" in done.stdout + done.stderr
