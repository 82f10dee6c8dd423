from datetime import UTC, datetime

import pytest

from bot.domain.spend import counted, windows


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2026, 11, 25, 23, 59, 59, tzinfo=UTC), ("2026-11-25", "2026-W48", "2026-11")),
        (datetime(2026, 12, 31, 12, tzinfo=UTC), ("2026-12-31", "2026-W53", "2026-12")),
        (datetime(2027, 1, 1, tzinfo=UTC), ("2027-01-01", "2026-W53", "2027-01")),
        (datetime(2024, 12, 30, tzinfo=UTC), ("2024-12-30", "2025-W01", "2024-12")),
    ],
)
def test_windows_are_utc_days_iso_weeks_and_months(at: datetime, expected: tuple[str, str, str]) -> None:
    assert windows(at) == expected


@pytest.mark.parametrize(
    ("status", "approved", "amount", "captured", "refunded", "undecided", "expected"),
    [
        ("pending", True, 700, 0, 0, None, 700),
        ("pending", False, 700, 0, 0, None, 0),  # declined
        ("pending", True, 700, 0, 0, 1000, 1000),  # an increment was answered and Stripe's event is to come
        ("pending", True, 700, 0, 0, 0, 0),  # our decline is newer than what Stripe told us
        ("pending", True, 700, 500, 0, None, 700),  # partly captured, the rest is still held
        ("pending", True, 700, 900, 0, None, 900),  # captured beyond what was authorized
        ("closed", True, 700, 500, 0, None, 500),
        ("closed", True, 700, 500, 200, None, 300),
        ("closed", True, 700, 500, 600, None, 0),
        ("closed", False, 0, 500, 0, None, 500),  # a force capture
        ("reversed", True, 0, 0, 0, None, 0),
        ("expired", True, 700, 0, 0, 700, 0),
        ("some_day", True, 700, 100, 0, None, 100),  # a status of the future has ended
    ],
)
def test_what_an_authorization_counts(
    *, status: str, approved: bool, amount: int, captured: int, refunded: int, undecided: int | None, expected: int
) -> None:  # fmt: skip
    assert (
        counted(
            status=status,
            approved=approved,
            amount=amount,
            captured=captured,
            refunded=refunded,
            undecided=undecided,
        )
        == expected
    )
