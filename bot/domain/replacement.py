"""What a new card takes over from the lost one, as Stripe takes it, and what it cannot take over.

Source: https://docs.stripe.com/api/issuing/cards/create. Not in there, or only encrypted by whoever chose it:
the PIN. Stripe moves no wallet from a canceled card (https://docs.stripe.com/issuing/controls/token-management),
and counts the payments of `lifecycle_controls.cancel_after` for each card.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bot.domain.stripe_object import ADDRESS, address_parts, reference

Object = Mapping[str, Any]

CARRIED: Final = ("financial_account", "lifecycle_controls", "spending_controls")
"""Of every card, as it is: where the money comes from and what limits it."""

PRINTED: Final = ("personalization_design", "second_line")
"""What is on the plastic. A new card without it works, so that one Stripe refuses is left out and said."""

SHIPPED: Final = ("phone_number", "require_signature", "customs")
"""Of the old parcel, wherever the new one goes."""

SAME_PLACE: Final = ("business_name", "address_validation")
"""Of the old parcel, where the new one goes to the same address."""

MOST_METADATA: Final = 50
"""Source: https://docs.stripe.com/metadata"""

_READ_ONLY: Final = frozenset({"spending_limits_currency", "normalized_address", "result"})


def taken_over(old: Object, *, physical: bool, mark: tuple[str, str]) -> dict[str, Any]:
    """Return the parameters of a new card that come from the old one.

    Args:
        old: the card as Stripe shows it, canceled.
        physical: whether the new one is; the old one's print goes only from plastic to plastic.
        mark: one entry for the metadata, where there is room: Stripe keeps 50.
    """
    metadata = _texts(old.get("metadata"))
    if mark[0] in metadata or len(metadata) < MOST_METADATA:
        metadata[mark[0]] = mark[1]
    found: dict[str, Any] = {"currency": old.get("currency"), "metadata": metadata}
    if holder := reference(old.get("cardholder")):
        found["cardholder"] = holder
    for name in CARRIED:
        value = reference(old.get(name)) if name == "financial_account" else given_back(old.get(name))
        if value:
            found[name] = value
    if physical and old.get("type") == "physical":
        found |= {name: value for name in PRINTED if (value := reference(old.get(name)))}
    return found


def shipping(old: Object, name: str, service: str, address: Mapping[str, str]) -> dict[str, Any]:
    """Return where a new card is sent, with what the old parcel needed."""
    before = old.get("shipping")
    before = before if isinstance(before, Mapping) else {}
    to = {part: value for part, value in address.items() if part in ADDRESS and value}
    same = address_parts(before.get("address")) == to
    kept = {part: given_back(before.get(part)) for part in (*SHIPPED, *(SAME_PLACE if same else ()))}
    return {
        "name": name,
        "service": service,
        "address": to,
        **{part: value for part, value in kept.items() if value},
    }


def can_be_left_out(param: str) -> str:
    """Return the parameter that Stripe refused, if a new card can do without it, else an empty text."""
    return param if param in PRINTED else ""


def given_back(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return what Stripe takes back of what it gave: nothing empty, nothing that is only read."""
    if isinstance(value, Mapping):
        made = {name: given_back(one) for name, one in value.items() if name not in _READ_ONLY}
        return {name: one for name, one in made.items() if one not in (None, [], {})}
    if isinstance(value, list):
        return [given_back(one) for one in value]
    return value


def _texts(value: Any) -> dict[str, str]:  # noqa: ANN401 - JSON
    return {str(name): str(one) for name, one in value.items()} if isinstance(value, Mapping) else {}
