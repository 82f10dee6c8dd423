"""Run by alembic for every command; the work is in `storage.migration`, where it is typed and tested."""

from __future__ import annotations

if __name__ == "env_py":  # the name alembic gives it: importing this file otherwise does nothing
    from storage.migration import run_environment

    run_environment()
