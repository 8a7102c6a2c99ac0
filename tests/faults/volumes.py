"""Small disks: a file system of a few MB that is filled and emptied again."""

import errno
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class Volume:
    """A mounted disk at `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self, *, but_kb: int = 0) -> None:
        """Write until nothing fits any more, then give `but_kb` back."""
        with self._filler.open("ab", buffering=0) as filler:
            for size in (1024 * 1024, 4096):
                try:
                    while True:
                        filler.write(bytes(size))
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
            filler.truncate(max(0, filler.tell() - but_kb * 1024))

    def free_kb(self) -> int:
        return shutil.disk_usage(self.folder).free // 1024

    def empty(self) -> None:
        self._filler.unlink()


@contextmanager
def mounted(megabytes: int) -> Iterator[Volume]:
    """Mount a disk of this size. Only root may do that, and not in every container."""
    # Not below pytest's folder: PostgreSQL runs as a user who may not enter that.
    folder = Path(tempfile.mkdtemp(prefix="foyer-disk-"))
    folder.chmod(0o755)
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0777", "tmpfs", str(folder)]
    try:
        if os.geteuid() != 0 or subprocess.run(command, check=False).returncode != 0:
            pytest.skip("a small disk can be mounted by root alone")
        try:
            yield Volume(folder)
        finally:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
    finally:
        folder.rmdir()
