from __future__ import annotations

from tests.postgres import backend, database_url, postgres_server
from tests.support.databases import course, database, kept_postgres

__all__ = ["backend", "course", "database", "database_url", "kept_postgres", "postgres_server"]
