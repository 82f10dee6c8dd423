"""What views about lost cards can be given, from usual to the worst."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from bot.views import lost_form
from tests.support.scenery import NAME, NASTY, STRANGERS, WORDS, Facts, Scene

AT = "2026-11-25T14:00:00+00:00"
SOON = "2026-11-25T14:00:00.412000+00:00"
LATER = "2026-11-25T14:07:12+00:00"
LONG = "2026-11-25T19:30:00+00:00"
CARD = "ic_" + "1A" * 40
NOBODY: Facts = {"stopped_at": "", "revoked_by": "", "revoke_asked_at": "", "revoked_at": "", "released_by": "", "released_at": "", "error": "", "request": "",
                 "replacement": {}, "replace_asked_at": "", "replaced_by": "", "new_card": "", "new_state": ""}  # fmt: skip
ORDERED: Facts = {"type": "physical", "keep": True, "service": "express", "on_file": True}
ADDRESS: Facts = {"line1": NAME, "city": NAME, "postal_code": "02110", "country": "US"}
TOKEN: Facts = {"id": "intok_1", "wallet": "apple_pay", "status": "active", "last4": "2424"}
SPENT: Facts = {
    "id": "ipi_1",
    "amount": 10**12,
    "currency": "usd",
    "merchant": WORDS[:500],
    "at": AT,
    "dispute": "",
}


def case(state: str = "frozen", **more: object) -> Facts:
    """The facts of a report."""
    base: Facts = {"id": 7, "ref": "L-7", "card": CARD, "last4": "4242", "account": "", "livemode": True, "type": "virtual", "state": state, "kind": "",
                   "by": STRANGERS[0], "reported_at": AT, "declined_at": SOON, "answered_at": AT, "pending": 0, "names": dict.fromkeys(STRANGERS[:2], NAME)}  # fmt: skip
    return {**base, **NOBODY, **more}


def cases() -> Iterator[Facts]:
    """Reports in every state, here and at Stripe."""
    yield case()
    yield case(answered_at="", account="acct_" + "1A" * 40, livemode=False, last4="")
    yield case(answered_at="", error="no_answer", pending=1)
    yield case(answered_at="", stopped_at=LATER)
    yield case(stopped_at=LATER, pending=10**6)
    yield case(
        "revoking",
        kind="lost",
        revoked_by=STRANGERS[1],
        revoke_asked_at=LATER,
        error=NASTY[:60],
        request="req_1",
    )
    dead = {
        "kind": "stolen",
        "stopped_at": SOON,
        "revoked_by": STRANGERS[9],
        "revoke_asked_at": LATER,
        "revoked_at": LONG,
    }
    yield case("revoked", **dead)
    yield case("revoked", **{**dead, "kind": NASTY[:40], "revoked_by": "stripe"})
    for stage in (
        "ordered",
        "created",
        "shipped",
        "returned",
        "failure",
        "delivered",
        "active",
        "canceled",
        "odd",
    ):
        new = {
            "replacement": ORDERED,
            "replace_asked_at": LONG,
            "replaced_by": STRANGERS[1],
            "new_card": CARD,
        }
        yield case("revoked", **dead, **new, new_state=stage)
    yield case("released", released_by=STRANGERS[1], released_at=LATER)


def found(**more: object) -> Facts:
    """A card as a search shows it."""
    return {"card": CARD, "last4": "4242", "type": "virtual", "livemode": True, "status": "active", "reported": "",
            "holder": NAME, "used": AT, "account": "", **more}  # fmt: skip


def many() -> list[Facts]:
    """Cards of every kind."""
    return [
        found(),
        found(livemode=False, holder="J.R.", used="", type="physical"),
        found(status="canceled", last4="", holder=""),
        found(reported="frozen", type=NASTY[:30]),
        found(),
    ]


def scenes() -> Iterator[Scene]:
    """Messages and boards."""
    about = {"id": 7, "ref": "P-7", "name": NAME}
    board: Facts = {"id": 3, "card": CARD, "last4": "4242", "account": "", "livemode": True, "type": "virtual", "status": "active",
                    "reported": "", "reported_at": "", "cancellation_reason": "", "program": about}  # fmt: skip
    yield Scene("card", {**board, "lost": None}, "no report")
    yield Scene("card", {**board, "status": "canceled", "lost": None}, "dead, no report")
    for number, one in enumerate(cases()):
        yield Scene("card", {**board, "lost": one}, f"{number}")
        for yes in (True, False):
            may = dict.fromkeys(("may_release", "may_revoke", "may_see", "may_replace"), yes)
            yield Scene(
                "lost.mine",
                {**one, **may, "thread": ["C0OPS", "1.2"] if yes else [], "threadless": not yes},
                f"{number}",
            )
        yield Scene("lost.frozen", one, f"{number}")
        yield Scene("lost.not_stopped", {**one, "to": STRANGERS[0]}, f"{number}")
        for view in ("stop_failed", "release_failed", "revoke_failed", "replace_failed"):
            for final in (True, False):
                yield Scene(
                    f"lost.{view}", {**one, "code": ("no_answer", NASTY)[final], "final": final}, f"{number}"
                )
        if one["stopped_at"]:
            yield Scene("lost.stopped", one, f"{number}")
        if one["revoked_at"]:
            yield Scene("lost.revoked", one, f"{number}")
        yield Scene(
            "lost.revoking", {**one, "revoked_by": STRANGERS[1], "why": WORDS if number else ""}, f"{number}"
        )
        yield Scene(
            "lost.member_revoked",
            {**one, "revoked_by": STRANGERS[1], "why": WORDS, "to": STRANGERS[0]},
            f"{number}",
        )
        yield Scene("lost.released", {**one, "released_by": STRANGERS[1]}, f"{number}")
        yield Scene("lost.no_new_card", {**one, "replaced_by": STRANGERS[1]}, f"{number}")
    yield from _after()
    yield from _searched()
    listed: Facts = {"days": 90, "zone": "UTC", "median": 4.2, "worst": 100_000.0}
    yield Scene("lost.list", {**listed, "cases": [], "more": False, "count": 0}, "none")
    yield Scene("lost.list", {**listed, "cases": [case()], "more": False, "count": 0}, "none revoked")
    for count in (1, 2):
        yield Scene(
            "lost.list", {**listed, "cases": list(cases())[:20], "more": True, "count": count}, "full"
        )


def _searched() -> Iterator[Scene]:
    yield Scene("lost.found", {"cards": [found()], "more": 0}, "one")
    yield Scene("lost.found", {"cards": many(), "more": 95}, "many")
    for tests, reading in ((0, True), (1, False), (7, True)):
        for stripe, by in (("", ""), ("", "words"), ("nothing", ""), ("away", "")):
            none = {"typed": NASTY[:100], "tests": tests, "reading": reading, "stripe": stripe, "by": by}
            yield Scene("lost.none", none, f"{tests} {stripe}{by}")
    for reading in (True, False):
        yield Scene("lost.asked", {"typed": NASTY[:100], "reading": reading}, f"{reading}")


def _after() -> Iterator[Scene]:
    for part in ("second_line", "odd"):
        yield Scene("lost.left_out", {**case("revoked"), "part": part}, part)
    one = case("revoked", kind="lost", revoked_at=LONG, replaced_by=STRANGERS[1])
    for kind, keep, service in (
        ("virtual", True, ""),
        ("physical", False, "standard"),
        ("physical", True, "priority"),
    ):
        wanted = {"type": kind, "keep": keep, "service": service, "on_file": True}
        yield Scene("lost.ordered", {**one, "replacement": wanted}, f"{kind} {service}")
    for stage in ("created", "shipped", "returned", "failure", "delivered", "active", "canceled", "odd"):
        yield Scene("lost.new_card", {**one, "new_card": CARD, "new_last4": "0077", "stage": stage}, stage)
    for used, answer in (("2026-11-20T10:00:00+00:00", ""), (LATER, "yes"), ("", "no"), (LATER, "")):
        paid = {"transaction": "ipi_1", "amount": -1234, "currency": "jpy", "captured_at": LONG}
        yield Scene(
            "lost.late",
            {**one, **paid, "authorized_at": used, "answer": answer, "answered_by": STRANGERS[0]},
            used,
        )
    for status, ok, final in (
        ("deleted", True, True),
        ("suspended", True, True),
        ("odd", True, True),
        ("active", False, True),
        ("active", False, False),
    ):
        said = {"token": "intok_1", "wallet": ("apple_pay", NASTY[:40])[ok], "card": CARD, "status": status, "ok": ok, "final": final,
                "code": "resource_missing", "request": "req_1", "by": STRANGERS[0], "names": {}}  # fmt: skip
        yield Scene("lost.token", said, status)
    for act in ("delete", "suspend"):
        yield Scene("lost.token_asked", {"act": act, "wallet": "google_pay"}, act)
    why: Facts = {
        "why": "dispute_block.too_late",
        "values": {"dispute": "", "date": "2026-11-25", "days": 110},
    }
    for said in ("yes", "no"):
        yield Scene("lost.late_kept", {"answer": said, **why}, said)


def modals() -> Iterator[tuple[str, Callable[[str], Facts]]]:
    """Forms and pages."""
    for reading, names, cards in ((True, True, many()), (False, False, [found()]), (False, True, [])):
        facts = {"reading": reading, "names": names}
        yield (
            "lost search",
            partial(
                lost_form.search, facts=facts, private={"channel": "C0OPS", "thread_ts": ""}, found=cards
            ),
        )
    for holder, reason in ((NAME, False), ("", True)):
        yield (
            "lost revoke",
            partial(lost_form.revoke, place={}, facts={**case(), "holder": holder, "reason": reason}),
        )
    for address, kind in ((ADDRESS, "physical"), ({}, "virtual")):
        yield (
            "lost replacement",
            partial(
                lost_form.replacement,
                place={},
                facts={**case("revoked"), "type": kind, "holder": NAME, "address": address},
            ),
        )
    yield (
        "lost address",
        partial(
            lost_form.address,
            private={"case": 7, "type": "physical", "merchants": "kept", "speed": "express"},
        ),
    )
    tokens = [
        TOKEN,
        {**TOKEN, "id": "intok_2", "status": "suspended", "wallet": NASTY[:40]},
        {**TOKEN, "id": "intok_3", "status": "deleted"},
        {**TOKEN, "id": "intok_4", "status": "odd"},
    ]
    for one in cases():
        for full in (True, False):
            more: Facts = {"holder": NAME if full else "", "address": ADDRESS if full else {}, "can_dispute": full,
                           "pending_list": [SPENT] * 8 if full else [], "tokens": tokens * 2 if full else [],
                           "purchases": [SPENT, {**SPENT, "id": "ipi_2", "dispute": "idp_1"}] * 4 if full else []}  # fmt: skip
            if full:
                more["purchases"] = [
                    {**paid, "id": f"ipi_{number}"} for number, paid in enumerate(more["purchases"])
                ]
                more["tokens"] = [
                    {**token, "id": f"intok_{number}"} for number, token in enumerate(more["tokens"])
                ]
            may = dict.fromkeys(("may_release", "may_revoke", "may_see", "may_replace"), True)
            yield "lost details", partial(lost_form.details, facts={**one, **may, **more, "thread": []})
    for status, paid in (("active", [SPENT]), ("canceled", []), ("odd", [SPENT])):
        bare: Facts = {"card": CARD, "last4": "4242", "account": "", "livemode": not paid, "status": status, "state": "", "pending": 1,
                       "holder": NAME, "address": ADDRESS, "can_dispute": True, "pending_list": [SPENT], "tokens": [TOKEN], "purchases": paid}  # fmt: skip
        yield "card details", partial(lost_form.details, facts=bare)
