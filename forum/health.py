"""/healthz: the process answers. /readyz: it can serve (database, migrations, cache)."""

from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse

_NEVER_STORED = {"Cache-Control": "no-store"}


def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"ok": True}, headers=_NEVER_STORED)


def readyz(request: HttpRequest) -> JsonResponse:
    """200 when every part is ready, else 503; the body names each part and what it lacks."""
    parts = {"database": _database(), "migrations": "unknown", "cache": _cache()}
    if parts["database"] == "ok":
        parts["migrations"] = _migrations()
    ready = all(answer == "ok" for answer in parts.values())
    return JsonResponse(
        {"ok": ready, "parts": parts}, status=200 if ready else 503, headers=_NEVER_STORED
    )


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception as error:  # any driver's own kind
        return f"away ({type(error).__name__})"
    return "ok"


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(plan)} to run" if plan else "ok"


def _cache() -> str:
    try:
        cache.set("readyz", 1, timeout=5)
        return "ok" if cache.get("readyz") == 1 else "does not keep"
    except Exception as error:
        return f"away ({type(error).__name__})"
