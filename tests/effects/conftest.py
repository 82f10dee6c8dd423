from __future__ import annotations

from tests.postgres import database_url, postgres_server
from tests.support.databases import course, database, migrated

__all__ = ["course", "database", "database_url", "migrated", "postgres_server"]
