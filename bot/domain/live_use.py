"""Live use is limited to what was approved (https://docs.stripe.com/issuing/onboarding-overview)."""

from collections.abc import Iterable


def outside(observed: Iterable[str], approved: Iterable[str]) -> tuple[str, ...]:
    """Return the capabilities that are live and were not approved, each once, in alphabetical order."""
    return tuple(sorted(set(observed) - set(approved)))
