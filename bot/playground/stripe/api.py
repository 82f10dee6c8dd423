"""Stripe's API as far as Gantry calls it, with Stripe's checks of parameters and Stripe's errors."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bot.playground.stripe import acts, disputes, params, review
from bot.playground.stripe.errors import StripeProblem, missing
from bot.playground.stripe.vault import Whose

if TYPE_CHECKING:
    from bot.playground.stripe.vault import Json, Vault

MOST_TYPES: Final = 20
KINDS: Final = {
    "cards": acts.CARD,
    "cardholders": acts.CARDHOLDER,
    "authorizations": acts.AUTHORIZATION,
    "transactions": acts.TRANSACTION,
    "disputes": disputes.DISPUTE,
    "tokens": acts.TOKEN,
    "personalization_designs": review.DESIGN,
}
_PAGE: Final[Mapping[str, params.Check]] = {
    "limit": params.between(1, 100),
    "starting_after": params.text,
    "ending_before": params.text,
}
_FILTERS: Final = {
    "cards": ("cardholder", "last4", "status", "type"),
    "cardholders": ("email", "phone_number", "status", "type"),
    "authorizations": ("card", "cardholder", "status"),
    "transactions": ("card", "cardholder", "type"),
    "disputes": ("status", "transaction"),
    "tokens": ("card", "status"),
    "personalization_designs": ("status",),
}
_STATUS: Final = params.one_of("active", "inactive", "canceled")
_REASON: Final = params.one_of("lost", "stolen")


@dataclass(frozen=True)
class Call:
    """One request, on whose behalf, with its parameters decoded."""

    vault: Vault
    whose: Whose
    given: params.Params
    path: tuple[str, ...]


Endpoint = Callable[[Call], "Json"]


def answer(vault: Vault, method: str, path: str, query: str, body: bytes, headers: Mapping[str, str]) -> Json:
    """Return the answer to a request.

    Raises:
        StripeProblem: what Stripe would refuse.
    """
    whose = _whose(headers)
    key = headers.get("idempotency-key", "")
    if (method, path) == ("POST", "/v1/files"):
        return _upload(vault, whose, body, headers.get("content-type", ""), key)
    endpoint, found = _endpoint(method, path)
    said = query if method == "GET" else body.decode("utf-8", "replace")
    call = Call(vault, whose, params.decoded(said), found)
    with vault.lock:
        if not key or method == "GET":
            return copy.deepcopy(endpoint(call))
        return _once(vault, f"{whose} {key}", {"path": path, "given": call.given}, lambda: endpoint(call))


def _upload(vault: Vault, whose: Whose, body: bytes, kind: str, key: str) -> Json:
    def work() -> Json:
        return disputes.upload(vault, whose, body, kind)

    with vault.lock:
        # Each try draws its own line between the parts, so the request itself never is the same twice.
        return _once(vault, f"{whose} {key}", {"path": "/v1/files"}, work) if key else work()


def _endpoint(method: str, path: str) -> tuple[Endpoint, tuple[str, ...]]:
    for wanted, pattern, endpoint in _ROUTES:
        match = re.fullmatch(pattern, path)
        if match is not None and wanted == method:
            return endpoint, match.groups()
    raise StripeProblem(f"Unrecognized request URL ({method}: {path}).", status=404)


def _once(vault: Vault, key: str, asked: Json, work: Callable[[], Json]) -> Json:
    """A second request with the same key has no effect and the first one's answer."""
    before = vault.done.get(key)
    if before is not None and before["asked"] != asked:
        raise StripeProblem(
            "Keys for idempotent requests can only be used with the same parameters they were first used "
            "with.",
            kind="idempotency_error",
        )
    if before is None:
        before = vault.done[key] = {"asked": asked, "answer": copy.deepcopy(work())}
    return copy.deepcopy(before["answer"])


def _whose(headers: Mapping[str, str]) -> Whose:
    key = headers.get("authorization", "").removeprefix("Bearer ")
    match = re.fullmatch(r"(sk|rk)_(test|live)_\w+", key)
    if match is None:
        raise StripeProblem("Invalid API Key provided", status=401)
    account = headers.get("stripe-account", "")
    if account and not re.fullmatch(r"acct_[A-Za-z0-9]+", account):
        raise StripeProblem(
            "The provided key does not have access to this account, or it does not exist.",
            status=403,
            code="account_invalid",
        )
    return Whose(account, match[2] == "live")


def _events(call: Call) -> Json:
    given = params.checked(
        call.given,
        {
            **_PAGE,
            "created": params.moments,
            "type": params.text,
            "types": params.texts,
            "delivery_success": params.boolean,
        },
    )
    types = given.get("types", [])
    if len(types) > MOST_TYPES:
        raise StripeProblem(f"You may only specify up to {MOST_TYPES} types.", param="types")
    if types and "type" in given:
        raise StripeProblem("You may only specify one of these parameters: type, types.")
    limits = given.get("created", {})
    found = [
        event
        for event in call.vault.listed(call.whose)
        if (not types or event["type"] in types)
        and _is_type(event["type"], given.get("type", ""))
        and _within(event["created"], limits)
    ]
    return _page("/v1/events", found, given)


def _is_type(kind: str, wanted: str) -> bool:
    return not wanted or (kind.startswith(wanted[:-1]) if wanted.endswith("*") else kind == wanted)


def _within(value: int, limits: Mapping[str, int]) -> bool:
    return (
        value >= limits.get("gte", value)
        and value <= limits.get("lte", value)
        and value > limits.get("gt", value - 1)
        and value < limits.get("lt", value + 1)
    )


def _page(url: str, found: list[Json], given: Mapping[str, Any]) -> Json:
    limit, ids = given.get("limit", 10), [one["id"] for one in found]
    for name in ("starting_after", "ending_before"):
        if name in given and given[name] not in ids:
            raise missing("object", given[name])
    more = False
    if "ending_before" in given:
        newer = found[: ids.index(given["ending_before"])]
        found, more = newer[-limit:], len(newer) > limit
    else:
        rest = found[ids.index(given["starting_after"]) + 1 :] if "starting_after" in given else found
        found, more = rest[:limit], len(rest) > limit
    return {"object": "list", "url": url, "has_more": more, "data": found}


def _event(call: Call) -> Json:
    found = next((one for one in call.vault.listed(call.whose) if one["id"] == call.path[0]), None)
    if found is None:
        raise missing("event", call.path[0])
    return found


def _objects(call: Call) -> Json:
    [name] = call.path
    filters = dict.fromkeys(_FILTERS[name], params.text)
    given = params.checked(call.given, {**_PAGE, "created": params.moments, **filters})
    found = [
        one
        for one in call.vault.all(call.whose, KINDS[name])
        if all(_ref(one.get(key)) == given[key] for key in filters if key in given)
        and _within(one["created"], given.get("created", {}))
    ]
    return _page(f"/v1/issuing/{name}", found, given)


def _ref(value: object) -> object:
    return value["id"] if isinstance(value, dict) else value


def _object(call: Call) -> Json:
    params.checked(call.given, {})
    name, object_id = call.path
    return call.vault.get(call.whose, KINDS[name], object_id)


def _change_card(call: Call) -> Json:
    known = {
        "status": _STATUS,
        "cancellation_reason": _REASON,
        "metadata": params.mapping,
        "personalization_design": params.text,
    }
    given = params.checked(call.given, known)
    if "cancellation_reason" in given and given.get("status") != "canceled":
        raise StripeProblem(
            "You can only set the cancellation reason of a card that is canceled.",
            param="cancellation_reason",
        )
    return acts.change_card(call.vault, call.whose, call.path[0], **given)


def _new_card(call: Call) -> Json:
    known = {
        "cardholder": params.text,
        "currency": params.text,
        "type": params.one_of("virtual", "physical"),
        "status": params.one_of("active", "inactive"),
        "metadata": params.mapping,
        "personalization_design": params.text,
        "replacement_for": params.text,
        "replacement_reason": params.one_of("damaged", "expired", "lost", "stolen"),
        "shipping": params.mapping,
        "spending_controls": params.tree,
        "lifecycle_controls": params.tree,
        "financial_account": params.text,
        "second_line": params.text,
    }
    given = params.checked(call.given, known, required=("currency", "type", "cardholder"))
    if given["type"] == "physical" and "shipping" not in given:
        raise StripeProblem("Missing required param: shipping.", param="shipping")
    if "replacement_for" in given:
        return acts.replace_card(call.vault, call.whose, given.pop("cardholder"), **given)
    return acts.card(call.vault, call.whose, given.pop("cardholder"), **given)


def _change_token(call: Call) -> Json:
    known = {"status": params.one_of("active", "suspended", "deleted")}
    given = params.checked(call.given, known, required=("status",))
    return acts.change_token(call.vault, call.whose, call.path[0], given["status"])


def _accounts(call: Call) -> Json:
    given = params.checked(call.given, _PAGE)
    names = dict.fromkeys(whose.account for whose, _, _ in call.vault.objects if whose.account)
    return _page("/v1/accounts", [{"id": name, "object": "account"} for name in names], given)


def _new_authorization(call: Call) -> Json:
    known = {"card": params.text, "amount": params.integer, "authorization_method": params.text}
    given = params.checked(call.given, known, required=("card",))
    return acts.authorize(call.vault, call.whose, given.pop("card"), given.pop("amount", 0), **given)


def _capture(call: Call) -> Json:
    given = params.checked(
        call.given, {"capture_amount": params.integer, "close_authorization": params.boolean}
    )
    acts.capture(call.vault, call.whose, call.path[0], given.get("capture_amount"))
    return call.vault.get(call.whose, acts.AUTHORIZATION, call.path[0])


def _new_dispute(call: Call) -> Json:
    return disputes.create(call.vault, call.whose, call.given)


def _change_dispute(call: Call) -> Json:
    return disputes.change(call.vault, call.whose, call.path[0], call.given)


def _submit(call: Call) -> Json:
    params.checked(call.given, {"metadata": params.mapping})
    return disputes.submit(call.vault, call.whose, call.path[0])


def _end(status: str) -> Endpoint:
    def work(call: Call) -> Json:
        params.checked(call.given, {"reverse_amount": params.integer} if status == "reversed" else {})
        return acts.end(call.vault, call.whose, call.path[0], status)

    return work


_NAMES: Final = f"({'|'.join(KINDS)})"
_HELPERS: Final = "/v1/test_helpers/issuing/authorizations"
_ROUTES: Final[tuple[tuple[str, str, Endpoint], ...]] = (
    ("GET", "/v1/events", _events),
    ("GET", r"/v1/events/(\w+)", _event),
    ("GET", f"/v1/issuing/{_NAMES}", _objects),
    ("GET", rf"/v1/issuing/{_NAMES}/(\w+)", _object),
    ("GET", "/v1/accounts", _accounts),
    ("POST", r"/v1/issuing/tokens/(\w+)", _change_token),
    ("POST", "/v1/issuing/cards", _new_card),
    ("POST", r"/v1/issuing/cards/(\w+)", _change_card),
    ("POST", "/v1/issuing/disputes", _new_dispute),
    ("POST", r"/v1/issuing/disputes/(\w+)", _change_dispute),
    ("POST", r"/v1/issuing/disputes/(\w+)/submit", _submit),
    ("POST", _HELPERS, _new_authorization),
    ("POST", rf"{_HELPERS}/(\w+)/capture", _capture),
    ("POST", rf"{_HELPERS}/(\w+)/reverse", _end("reversed")),
    ("POST", rf"{_HELPERS}/(\w+)/expire", _end("expired")),
)


def written(value: object) -> bytes:
    """Return JSON as Stripe writes it: over several lines."""
    return json.dumps(value, indent=2).encode()
