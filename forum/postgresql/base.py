"""Connections that a restarted database leaves dead are not given out. While it is away one thread
at a time tries to reach it; the others are told at once, and go on serving what needs no database.
"""

import select
import threading
from typing import Any

import psycopg
from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """The backend; is_away and trying are of this process, which has one database."""

    is_away = threading.Event()
    trying = threading.Lock()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a connection. Raises OperationalError (PoolTimeout is one) after `timeout` at most."""
        if not self.is_away.is_set():
            return self._reach(conn_params)
        if not self.trying.acquire(blocking=False):
            raise psycopg.OperationalError("the database did not answer a moment ago")
        try:
            return self._reach(conn_params)
        finally:
            self.trying.release()

    def _reach(self, conn_params: dict[str, Any]) -> Any:
        try:
            connection = super().get_new_connection(conn_params)
            while self.pool and not _is_alive(self.pool, connection):
                connection.close()
                self.pool.putconn(connection)  # thrown away; the pool opens another
                connection = super().get_new_connection(conn_params)
        except psycopg.OperationalError:
            self.is_away.set()
            raise
        self.is_away.clear()
        return connection


def _is_alive(pool: Any, connection: Any) -> bool:
    """Return False if the database has closed it. Asks the socket alone while that is silent.

    A connection that waits in the pool is told nothing, but that it is closed.
    """
    watch = select.poll()
    watch.register(connection.fileno(), select.POLLIN)
    if not watch.poll(0):
        return True
    try:
        pool.check_connection(connection)
    except psycopg.Error:
        return False
    return True
