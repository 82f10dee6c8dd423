"""Where people find an object in Stripe's Dashboard."""

from typing import Final

DASHBOARD: Final = "https://dashboard.stripe.com"


def dashboard(path: str, *, account: str, livemode: bool) -> str:
    """Return the address of a page of the Dashboard.

    Args:
        path: for instance `issuing/cards/ic_…`.
        account: the connected account, `''` for the platform itself.
        livemode: test mode has pages of its own.
    """
    parts = [DASHBOARD, account, "" if livemode else "test", path]
    return "/".join(part for part in parts if part)
