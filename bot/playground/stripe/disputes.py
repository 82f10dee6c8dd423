"""Disputes and files at the local Stripe: drafts, evidence with its checks, the one submission, its end."""

from __future__ import annotations

import re
from email.parser import BytesParser
from email.policy import HTTP
from typing import TYPE_CHECKING, Any, Final

from bot import plans
from bot.playground.stripe import params
from bot.playground.stripe.acts import TRANSACTION
from bot.playground.stripe.errors import StripeProblem, missing

if TYPE_CHECKING:
    from bot.domain.dispute_reason import EvidenceField, Reason
    from bot.playground.stripe.vault import Json, Vault, Whose

DISPUTE, FILE = "issuing.dispute", "file"
LARGEST: Final = 5 * 1024 * 1024
"""Of a file with the purpose `dispute_evidence` (https://docs.stripe.com/file-upload)."""
LAST_DAYS: Final = 110
WINNING, LOSING = "winning_evidence", "losing_evidence"
"""What in the explanation of a test dispute decides it."""
_DAY: Final = 86_400


def create(vault: Vault, whose: Whose, given: params.Params) -> Json:
    """A draft about a capture.

    Raises:
        StripeProblem: the transaction cannot be disputed, or a parameter is wrong.
    """
    known: dict[str, params.Check] = {
        "transaction": params.text,
        "treasury": params.mapping,
        "amount": params.integer,
        "evidence": _evidence,
        "metadata": params.mapping,
    }
    found = params.checked(given, known, required=() if "treasury" in given else ("transaction",))
    with vault.lock:
        paid = _paid(vault, whose, found)
        if paid["type"] != "capture":
            raise StripeProblem("Only captures can be disputed.", param="transaction")
        if paid["dispute"]:
            raise StripeProblem(
                f"This transaction is disputed already: {paid['dispute']}.", param="transaction"
            )
        most = _most(vault, whose, paid)
        if most <= 0:
            raise StripeProblem("This transaction was refunded in full.", param="transaction")
        if vault.now() > paid["created"] + LAST_DAYS * _DAY:
            raise StripeProblem("It is too late to dispute this transaction.", param="transaction")
        amount = found.get("amount", most)
        _check_amount(amount, most)
        made = vault.put(
            whose,
            {
                "id": vault.new_id("idp"),
                "object": DISPUTE,
                "amount": amount,
                "balance_transactions": None,
                "created": int(vault.now()),
                "currency": paid["currency"],
                "evidence": _merged({"reason": "other"}, found.get("evidence", {})),
                "livemode": whose.livemode,
                "metadata": found.get("metadata", {}),
                "status": "unsubmitted",
                "transaction": paid["id"],
                "treasury": {**debit, "debit_reversal": None} if (debit := paid.get("treasury")) else None,
            },
        )
        _check_files(vault, whose, made["evidence"])
        paid["dispute"] = made["id"]
        vault.tell(whose, "issuing_dispute.created", made)
        vault.tell(whose, "issuing_transaction.updated", paid)
        return made


def change(vault: Vault, whose: Whose, dispute_id: str, given: params.Params) -> Json:
    """A draft gets other evidence or another amount.

    Raises:
        StripeProblem: it was submitted, or a parameter is wrong.
    """
    known: dict[str, params.Check] = {
        "amount": params.integer,
        "evidence": _evidence,
        "metadata": params.mapping,
    }
    found = params.checked(given, known)
    with vault.lock:
        row = vault.get(whose, DISPUTE, dispute_id)
        if row["status"] != "unsubmitted" and set(found) - {"metadata"}:
            raise StripeProblem("This dispute was submitted; its evidence cannot be changed any more.")
        if "amount" in found:
            paid = vault.get(whose, TRANSACTION, row["transaction"])
            _check_amount(found["amount"], _most(vault, whose, paid))
        if "evidence" in found:
            merged = _merged(row["evidence"], found["evidence"])
            _check_files(vault, whose, merged)
            row["evidence"] = merged
        row.update({name: value for name, value in found.items() if name != "evidence"})
        vault.tell(whose, "issuing_dispute.updated", row)
        return row


def submit(vault: Vault, whose: Whose, dispute_id: str) -> Json:
    """A dispute goes to the network, once; in test mode its explanation may decide it.

    Raises:
        StripeProblem: it is no draft, or required evidence is missing.
    """
    with vault.lock:
        row = vault.get(whose, DISPUTE, dispute_id)
        if row["status"] != "unsubmitted":
            raise StripeProblem("This dispute has already been submitted.")
        name = row["evidence"]["reason"]
        reason = plans.disputes().get(name)
        given = row["evidence"].get(name) or {}
        for field in reason.fields if reason else ():
            if field.required and not field.own and given.get(field.id) in (None, ""):
                where = f"evidence[{name}][{field.id}]"
                raise StripeProblem(
                    f"Missing required param: {where}.", code="parameter_missing", param=where
                )
        row["status"] = "submitted"
        vault.tell(whose, "issuing_dispute.submitted", row)
        answer = dict(row)
        said = str(given.get("explanation") or "")
        if not whose.livemode and (WINNING in said or LOSING in said):
            decide(vault, whose, dispute_id, "won" if WINNING in said else "lost")
        return answer


def decide(vault: Vault, whose: Whose, dispute_id: str, status: str, loss_reason: str = "") -> Json:
    """The network decides a dispute (`won`, `lost`), or its time is over (`expired`)."""
    with vault.lock:
        found = vault.get(whose, DISPUTE, dispute_id)
        found["status"] = status
        if status == "lost":
            found["loss_reason"] = loss_reason or "other"
        if status == "won":
            move_funds(vault, whose, dispute_id, found["amount"])
        vault.tell(whose, "issuing_dispute.closed", found)
        return found


def move_funds(vault: Vault, whose: Whose, dispute_id: str, amount: int) -> Json:
    """Money comes to the Issuing balance, or is taken back where the amount is negative."""
    with vault.lock:
        found = vault.get(whose, DISPUTE, dispute_id)
        found["balance_transactions"] = [
            *(found.get("balance_transactions") or []),
            {
                "id": vault.new_id("txn"),
                "object": "balance_transaction",
                "amount": amount,
                "created": int(vault.now()),
                "currency": found["currency"],
                "fee": 0,
                "net": amount,
                "source": dispute_id,
                "type": "issuing_dispute",
            },
        ]
        act = "reinstated" if amount > 0 else "rescinded"
        vault.tell(whose, f"issuing_dispute.funds_{act}", found)
        return found


def expire(vault: Vault, whose: Whose) -> list[Json]:
    """Every draft whose transaction cleared more than 110 days ago expires; returns those that did."""
    with vault.lock:
        late = [
            row
            for row in vault.all(whose, DISPUTE)
            if row["status"] == "unsubmitted"
            and vault.now() > vault.get(whose, TRANSACTION, row["transaction"])["created"] + LAST_DAYS * _DAY
        ]
        return [decide(vault, whose, row["id"], "expired") for row in late]


def upload(vault: Vault, whose: Whose, body: bytes, content_type: str) -> Json:
    """A file for evidence.

    Raises:
        StripeProblem: it is missing, too large or of another type, or has another purpose.
    """
    given = _multipart(body, content_type)
    if "file" not in given or not given.get("purpose"):
        name = "file" if "file" not in given else "purpose"
        raise StripeProblem(f"Missing required param: {name}.", code="parameter_missing", param=name)
    if given["purpose"] != b"dispute_evidence":
        raise StripeProblem("Invalid purpose", param="purpose")
    content = given["file"]
    if len(content) > LARGEST:
        raise StripeProblem("The file is too large.", param="file", code="file_too_large")
    kinds = {b"%PDF-": "pdf", b"\xff\xd8\xff": "jpg", b"\x89PNG": "png"}
    kind = next((kind for start, kind in kinds.items() if content.startswith(start)), "")
    if not kind:
        raise StripeProblem("Invalid file: only PDF, JPEG and PNG are accepted.", param="file")
    with vault.lock:
        return vault.put(
            whose,
            {
                "id": vault.new_id("file"),
                "object": FILE,
                "created": int(vault.now()),
                "filename": "evidence",
                "purpose": "dispute_evidence",
                "size": len(content),
                "type": kind,
                "url": None,
            },
        )


def _multipart(body: bytes, content_type: str) -> dict[str, bytes]:
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    found: dict[str, bytes] = {}
    for part in BytesParser(policy=HTTP).parsebytes(head + body).iter_parts():
        name, content = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
        found[f"{name}"] = content if isinstance(content, bytes) else b""
    return found


def _paid(vault: Vault, whose: Whose, given: params.Params) -> Json:
    """The transaction to dispute: by its id, or by the debit of the financial account that paid it."""
    debit = given.get("treasury", {}).get("received_debit")
    for one in vault.all(whose, TRANSACTION) if debit else ():
        if (one.get("treasury") or {}).get("received_debit") == debit:
            return one
    if debit:
        raise missing("received debit", debit)
    paid = vault.get(whose, TRANSACTION, given["transaction"])
    if paid.get("treasury"):
        raise StripeProblem(
            "For transactions on FinancialAccounts use treasury[received_debit].", param="transaction"
        )
    return paid


def _most(vault: Vault, whose: Whose, paid: Json) -> int:
    """What can be disputed: what was taken, less what came back."""
    back = sum(
        one["amount"]
        for one in vault.all(whose, TRANSACTION)
        if one["type"] == "refund" and one["authorization"] == paid["authorization"]
    )
    return int(-paid["amount"] - back)


def _check_amount(amount: int, most: int) -> None:
    if not 0 < amount <= most:
        raise StripeProblem(f"The amount must be between 1 and {most}.", param="amount")


def _evidence(value: Any, name: str) -> params.Params:  # noqa: ANN401 - whatever came
    given = params.mapping(value, name)
    reasons = plans.disputes()
    names = tuple(reason.id for reason in reasons.all)
    found: params.Params = {}
    for key, inner in given.items():
        where = f"{name}[{key}]"
        reason = reasons.get(key)
        if key == "reason":
            found[key] = params.one_of(*names)(inner, where)
        elif reason is None:
            raise StripeProblem(f"Received unknown parameter: {where}", code="parameter_unknown", param=where)
        elif inner == "":
            found[key] = None
        else:
            found[key] = _fields(reason, params.mapping(inner, where), where)
    return found


def _fields(reason: Reason, given: params.Params, where: str) -> params.Params:
    found: params.Params = {}
    for key, value in given.items():
        field, place = reason.field(key), f"{where}[{key}]"
        if field is None or field.own:
            raise StripeProblem(f"Received unknown parameter: {place}", code="parameter_unknown", param=place)
        found[key] = (
            None if value == "" and field.kind != "transaction" else _CHECKS[field.kind](field)(value, place)
        )
    return found


_CHECKS: Final[dict[str, Any]] = {
    "long": lambda _: params.text,
    "text": lambda _: params.text,
    "date": lambda _: params.integer,
    "yes_no": lambda _: params.boolean,
    "choice": lambda field: params.one_of(*field.choices),
    "file": lambda _: _pattern(r"file_\w+"),
    "transaction": lambda _: _pattern(r"ipi_\w+"),
}


def _pattern(pattern: str) -> params.Check:
    def check(value: Any, name: str) -> str:  # noqa: ANN401 - whatever came
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise StripeProblem(f"Invalid string: {value}", param=name)
        return value

    return check


def _merged(before: Json, given: params.Params) -> Json:
    found = dict(before)
    for key, value in given.items():
        if isinstance(value, dict):
            found[key] = {**(before.get(key) or {}), **value}
        else:
            found[key] = value
    return {key: value for key, value in found.items() if value is not None}


def _check_files(vault: Vault, whose: Whose, evidence: Json) -> None:
    reason = plans.disputes().get(evidence["reason"])
    given = evidence.get(evidence["reason"]) or {}
    fields: tuple[EvidenceField, ...] = reason.fields if reason else ()
    for field in fields:
        value = given.get(field.id)
        if field.kind != "file" or not value:
            continue
        if (whose, FILE, value) not in vault.objects:
            problem = missing("file upload", value)
            problem.body["error"]["param"] = f"evidence[{evidence['reason']}][{field.id}]"
            raise problem
