"""Complaints as rows, for what only reads them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from storage.tables_complaint import Complaint
from tests.support.course import SAM, TEAM


def complaint(program_id: int | None, number: int, at: datetime, **more: Any) -> Complaint:
    """A complaint with everything the report asks for, submitted and logged at that moment."""
    values: dict[str, Any] = {
        "team": TEAM,
        "ref": f"C-{number}",
        "program_id": program_id,
        "source": f"C0HELP/{number}.1",
        "text": "My card was declined.",
        "customer": "Zoé Martin",
        "product": "issuing",
        "category": "fees",
        "received_through": "email",
        "owner": SAM.user,
        "received_by": SAM.user,
        "logged_by": SAM.user,
        "logged_at": at,
        "submitted_at": at,
        "changed_at": at,
    }
    return Complaint(**{**values, **more})
