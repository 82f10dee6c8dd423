"""A second Stripe, written from Stripe's library and documentation alone: no code shared with the playground.

It takes what the library's types of parameters describe and nothing else, keeps idempotency keys, and answers
with whole objects, as Stripe does: what is not set is null or an empty list.
"""

from __future__ import annotations

import json
import re
import threading
import time
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

import stripe.params as all_params
from stripe.params import issuing as params

from tests.other_server.stripe_params import Json, Refused, decoded, judged

KEY = "rk_live_51OtherServer"
HOME = {
    "line1": "1 Main Street",
    "line2": None,
    "city": "Boston",
    "state": "MA",
    "postal_code": "02110",
    "country": "US",
}
_NO_CONTROLS = {
    "allowed_categories": [], "blocked_categories": [], "allowed_merchant_countries": [],
    "blocked_merchant_countries": [], "allowed_card_presences": [], "blocked_card_presences": [],
    "spending_limits": [], "spending_limits_currency": None,
}  # fmt: skip
_OBJECT = {
    "cards": ("issuing.card", "ic"),
    "cardholders": ("issuing.cardholder", "ich"),
    "tokens": ("issuing.token", "intok"),
    "transactions": ("issuing.transaction", "ipi"),
    "disputes": ("issuing.dispute", "idp"),
    "files": ("file", "file"),
    "events": ("event", "evt"),
}
CALLS: dict[tuple[str, str], Any] = {
    ("GET", "/v1/accounts"): all_params.AccountListParams,
    ("GET", "/v1/events"): all_params.EventListParams,
    ("POST", "/v1/files"): all_params.FileCreateParams,
    ("GET", "/v1/issuing/cardholders"): params.CardholderListParams,
    ("GET", "/v1/issuing/cards"): params.CardListParams,
    ("POST", "/v1/issuing/cards"): params.CardCreateParams,
    ("GET", "/v1/issuing/cards/{id}"): params.CardRetrieveParams,
    ("POST", "/v1/issuing/cards/{id}"): params.CardModifyParams,
    ("POST", "/v1/issuing/tokens/{id}"): params.TokenModifyParams,
    ("GET", "/v1/issuing/transactions"): params.TransactionListParams,
    ("GET", "/v1/issuing/transactions/{id}"): params.TransactionRetrieveParams,
    ("GET", "/v1/issuing/disputes"): params.DisputeListParams,
    ("POST", "/v1/issuing/disputes"): params.DisputeCreateParams,
    ("GET", "/v1/issuing/disputes/{id}"): params.DisputeRetrieveParams,
    ("POST", "/v1/issuing/disputes/{id}"): params.DisputeModifyParams,
    ("POST", "/v1/issuing/disputes/{id}/submit"): params.DisputeSubmitParams,
}
"""Every call Gantry makes, with what the library says of its parameters."""


class Answers:
    """What it answers. `taken` and `refused` say what came of the calls, `by` on which account's behalf.

    Objects live in their account: the platform's own is `''`. `home` is the account that a test is about.
    """

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []
        self.by: list[str] = []
        self.refused: list[tuple[str, str, Any]] = []
        self.stores: dict[str, dict[str, dict[str, Json]]] = {"": _empty()}
        self.home = ""
        self.keys: dict[tuple[str, str], tuple[Any, tuple[int, Json]]] = {}
        self._lock = threading.Lock()
        self._whose = ""
        self._made = 0

    @property
    def kept(self) -> dict[str, dict[str, Json]]:
        """What the account holds that a test is about."""
        return self.stores[self.home]

    @property
    def _here(self) -> dict[str, dict[str, Json]]:
        """What the account holds on whose behalf the call is made that is being answered."""
        return self.stores[self._whose]

    def connect(self, account: str) -> None:
        """A connected account; from now on the test is about it."""
        self.stores[account] = _empty()
        self.stores[""]["accounts"][account] = {"id": account, "object": "account"}
        self.home = self._whose = account

    def put(self, kind: str, **more: Any) -> Json:
        """Keep an object; the newest comes first in lists."""
        name, prefix = _OBJECT[kind]
        self._made += 1
        made = {
            "id": f"{prefix}_{self._made:06}OTHER",
            "object": name,
            "created": int(time.time()),
            "livemode": True,
            "metadata": {},
            **more,
        }
        self._here[kind][made["id"]] = made
        return made

    def tell(self, kind: str, found: Json) -> None:
        """An event for Stripe's list."""
        whole = {"object": json.loads(json.dumps(found))}
        self.put("events", type=kind, data=whole, api_version="2025-09-30.clover", pending_webhooks=0)

    def card(self, holder: Json, **more: Any) -> Json:
        """A card as Stripe shows it."""
        values: Json = {
            "brand": "Visa", "cancellation_reason": None, "cardholder": holder, "currency": "usd",
            "exp_month": 8, "exp_year": 2030, "financial_account": None, "last4": "4242",
            "latest_fraud_warning": None, "personalization_design": None, "replaced_by": None,
            "lifecycle_controls": None,
            "replacement_for": None, "replacement_reason": None, "second_line": None, "shipping": None,
            "spending_controls": dict(_NO_CONTROLS), "status": "inactive", "type": "virtual", "wallets": None,
        }  # fmt: skip
        return self.put("cards", **{**values, **more})

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, Json]:
        """Status and answer of one call."""
        parts = urlsplit(target)
        path, ident = _template(parts.path)
        with self._lock:
            self._whose = headers.get("Stripe-Account", "")
            try:
                given = self._given(method, path, headers, parts.query, body)
                found = self._once(
                    method, parts.path, headers, given, lambda: self._do(method, path, ident, given)
                )
            except Refused as error:
                self.refused.append((method, parts.path, error.body["error"]))
                return error.status, error.body
            finally:
                by, self._whose = self._whose, self.home
            self.taken.append((method, path))
            self.by.append(by)
            return found

    def _given(self, method: str, path: str, headers: dict[str, str], query: str, body: bytes) -> Json:
        if headers.get("Authorization") != f"Bearer {KEY}":
            raise Refused("Invalid API Key provided", status=401)
        if self._whose not in self.stores or headers.get("Stripe-Account") == "":
            raise Refused("No such account", status=403, code="account_invalid")
        wanted = CALLS.get((method, path))
        if wanted is None:
            raise Refused(f"Unrecognized request URL ({method}: {path})", status=404)
        kind = headers.get("Content-Type", "")
        if method == "GET":
            if body:
                raise Refused("A GET has no body")
            return judged(decoded(query), wanted)
        if path == "/v1/files":
            return _upload(kind, body)
        if kind != "application/x-www-form-urlencoded" and body:
            raise Refused(f"Invalid content type: {kind}")
        return judged(decoded(body.decode()), wanted)

    def _once(
        self, method: str, path: str, headers: dict[str, str], given: Json, act: Any
    ) -> tuple[int, Json]:
        if method == "GET":
            return 200, act()
        key = headers.get("Idempotency-Key")
        if not key:
            raise Refused("A call without an idempotency key can happen twice")
        request = (path, json.dumps(given))
        known = (self._whose, key)
        if known in self.keys:
            before, answer = self.keys[known]
            if before != request:
                raise Refused("Keys can only be used with the same parameters", kind="idempotency_error")
            return answer
        self.keys[known] = (request, (200, json.loads(json.dumps(act()))))
        return self.keys[known][1]

    def _do(self, method: str, path: str, ident: str, given: Json) -> Json:
        kind = path.split("/")[-1 if "{" not in path else path.split("/").index("{id}") - 1]
        if ident:
            if ident not in self._here[kind]:
                raise Refused(f"No such {kind}: '{ident}'", status=404, code="resource_missing", param="id")
            one = self._here[kind][ident]
            if method == "GET":
                return one
            name = "submit" if path.endswith("/submit") else f"change_{kind}"
            found: Json = getattr(self, f"_{name}")(one, given)
            return found
        if method == "GET":
            return self._listed(kind, given)
        made: Json = getattr(self, f"create_{kind}")(given)
        return made

    def _listed(self, kind: str, given: Json) -> Json:
        if not 1 <= given.get("limit", 10) <= 100:
            raise Refused("Invalid limit", param="limit")
        found = list(reversed(self._here[kind].values()))
        for name in ("last4", "status", "type", "email", "transaction"):
            if name in given:
                found = [one for one in found if one[name] == given[name]]
        if "cardholder" in given:
            found = [one for one in found if one["cardholder"]["id"] == given["cardholder"]]
        if "types" in given:
            found = [one for one in found if one["type"] in given["types"]]
        if given.get("starting_after"):
            ids = [one["id"] for one in found]
            found = found[ids.index(given["starting_after"]) + 1 :]
        limit = given.get("limit", 10)
        return {"object": "list", "data": found[:limit], "has_more": len(found) > limit, "url": f"/v1/{kind}"}

    def create_cards(self, given: Json) -> Json:
        holder = self._here["cardholders"].get(given.get("cardholder", ""))
        if holder is None:
            raise Refused("No such cardholder", code="resource_missing", param="cardholder")
        if (given["type"] == "physical") != ("shipping" in given):
            raise Refused("Physical cards are shipped, and no other", param="shipping")
        if given.get("personalization_design") == "ipd_rejected":
            raise Refused("This design is not active", param="personalization_design")
        old = self._here["cards"].get(given.get("replacement_for", ""))
        if ("replacement_for" in given) != (old is not None and "replacement_reason" in given):
            raise Refused("A replacement names a card and a reason", param="replacement_for")
        controls = {**_NO_CONTROLS, **given.get("spending_controls", {})}
        kept = {
            name: value for name, value in given.items() if name not in {"cardholder", "spending_controls"}
        }
        shipping = {"shipping": {**given["shipping"], "status": "pending"}} if "shipping" in given else {}
        made = self.card(
            holder,
            **{
                **kept,
                **shipping,
                "spending_controls": controls,
                "last4": f"{9000 + len(self._here['cards'])}",
            },
        )
        if old is not None:
            old["replaced_by"] = made["id"]
        return made

    def _change_cards(self, one: Json, given: Json) -> Json:
        if one["status"] == "canceled" and "status" in given:
            raise Refused("This card is canceled and cannot be changed", param="status")
        if "cancellation_reason" in given and given.get("status") != "canceled":
            raise Refused("Only a canceled card has a reason", param="cancellation_reason")
        one.update(given)
        return one

    def _change_tokens(self, one: Json, given: Json) -> Json:
        if one["status"] == "deleted":
            raise Refused("A deleted token cannot be changed", param="status")
        one.update(given)
        return one

    def create_files(self, given: Json) -> Json:
        return self.put("files", purpose=given["purpose"], filename=given["name"], size=given["size"])

    def create_disputes(self, given: Json) -> Json:
        debit = given.get("treasury", {}).get("received_debit")
        found = [
            one
            for one in self._here["transactions"].values()
            if (one["treasury"] or {}).get("received_debit") == debit
        ]
        paid = found[0] if debit and found else self._here["transactions"].get(given.get("transaction", ""))
        if paid is not None and bool(paid["treasury"]) != bool(debit):
            raise Refused("A financial account paid: its debit is disputed", param="transaction")
        if paid is None or paid["dispute"]:
            raise Refused("This transaction cannot be disputed", param="transaction")
        if not 0 < given.get("amount", 1) <= -paid["amount"]:
            raise Refused("Invalid amount", param="amount")
        made = self.put(
            "disputes", currency="usd", amount=-paid["amount"], evidence={"reason": "other"},
            status="unsubmitted", transaction=paid["id"], treasury=paid["treasury"], balance_transactions=[],
        )  # fmt: skip
        paid["dispute"] = made["id"]
        given.pop("treasury", None)
        return self._change_disputes(made, {**given, "transaction": paid["id"]})

    def _change_disputes(self, one: Json, given: Json) -> Json:
        if one["status"] != "unsubmitted":
            raise Refused("This dispute was submitted and cannot be changed")
        for name, value in (given.pop("evidence", None) or {}).items():
            one["evidence"][name] = (
                {**one["evidence"].get(name, {}), **value} if isinstance(value, dict) else value
            )
            file = value.get("additional_documentation") if isinstance(value, dict) else ""
            if file and self._here["files"].get(file, {}).get("purpose") != "dispute_evidence":
                raise Refused("No such file", param=f"evidence[{name}][additional_documentation]")
        one.update(given)
        return one

    def _submit(self, one: Json, given: Json) -> Json:
        del given
        if one["status"] != "unsubmitted" or not one["evidence"].get(one["evidence"]["reason"]):
            raise Refused("This dispute cannot be submitted")
        one["status"] = "submitted"
        return one


class OtherStripe(Answers):
    """Runs while the `with` block lasts."""

    def __init__(self) -> None:
        super().__init__()
        stripe = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer()

            def do_POST(self) -> None:
                self._answer()

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, found = stripe.answer(self.command, self.path, dict(self.headers.items()), body)
                written = json.dumps(found).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(written)))
                self.send_header("Request-Id", f"req_other{len(stripe.taken)}")
                self.end_headers()
                self.wfile.write(written)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _empty() -> dict[str, dict[str, Json]]:
    return {kind: {} for kind in (*_OBJECT, "accounts")}


def _template(path: str) -> tuple[str, str]:
    """`/v1/issuing/cards/ic_1` is `/v1/issuing/cards/{id}` about `ic_1`."""
    found = re.search(r"/([a-z]+_[A-Za-z0-9]+)(?=/|$)", path)
    return (path.replace(found[1], "{id}"), found[1]) if found else (path, "")


def _upload(kind: str, body: bytes) -> Json:
    """What a multipart form holds: the purpose, and of the file its name and size."""
    parts = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    found: Json = {}
    for part in parts.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if name == "file":
            found |= {"file": "", "name": part.get_filename() or "", "size": len(content)}
        else:
            found[f"{name}"] = content.decode().strip()
    about = {name: found.pop(name) for name in ("name", "size", "file") if name in found}
    if not about.get("size") or not about["name"]:
        raise Refused("Missing required param: file.", code="parameter_missing", param="file")
    return {**judged({**found, "file": "given"}, all_params.FileCreateParams), **about}
