"""Bytes kept in this process under a version, the longest unused thrown out first."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

from django.conf import settings

from forum import counts


class Kept:
    """A dictionary bounded by bytes. Keys hold the version, so nothing in it is ever stale.

    A key is a tuple that begins with what kind of thing it names; under that hits are counted.
    """

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.used_bytes = 0
        self._entries: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[Any, ...]) -> Any | None:
        with self._lock:
            found = self._entries.get(key)
            if found is not None:
                self._entries.move_to_end(key)
        counts.add("cache", key[0], "miss" if found is None else "hit")
        return None if found is None else found[0]

    def put(self, key: Hashable, value: Any, size_bytes: int) -> None:
        """Keep `value`, which takes about `size_bytes`; one larger than a quarter of all is not."""
        if size_bytes > self.limit_bytes // 4:
            return
        with self._lock:
            old = self._entries.pop(key, None)
            if old:
                self.used_bytes -= old[1]
            self._entries[key] = (value, size_bytes)
            self.used_bytes += size_bytes
            while self.used_bytes > self.limit_bytes:
                _key, (_value, size) = self._entries.popitem(last=False)
                self.used_bytes -= size

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
            self.used_bytes = 0


kept = Kept(settings.PAGE_MEMORY_BYTES)
