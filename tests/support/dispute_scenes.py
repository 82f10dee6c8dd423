"""What views about disputes can be given, from usual to the worst."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from bot import plans
from bot.domain.dispute_reason import Reason
from bot.views import dispute_form
from tests.support.scenery import NAME, NASTY, STRANGERS, WORDS, Facts, Scene

STATES = ("draft", "asked", "submitting", "submitted", "won", "lost", "expired", "dropped")
RULES: list[Facts] = [
    {"rule": "network_late", "date": "2027-01-14", "days": 65},
    {"rule": "partly_refunded"},
    {"rule": "card_active"},
    {"rule": "card_stopping"},
    {"rule": "three_d_secure"},
    {"rule": "wallet"},
    {"rule": "chip"},
    {"rule": "thirty_five", "count": 36, "most": 35, "days": 120},
    {"rule": "merchant_first"},
]
FILES: list[Facts] = [
    {
        "field": "additional_documentation",
        "names": [NAME] * 10,
        "state": "failed",
        "error": "locked",
        "name": NAME,
    },
    {"field": "card_statement", "names": [NAME], "state": "made", "error": "", "name": ""},
    {"field": "cash_receipt", "names": [NAME] * 2, "state": "waiting", "error": "", "name": ""},
    {"field": "check_image", "names": [NAME], "state": "failed", "error": "new_error", "name": NAME},
]


def about(state: str = "draft", **more: Any) -> Facts:
    """What messages about a dispute say."""
    return {
        "id": 3,
        "ref": "D-3",
        "state": state,
        "transaction": "ipi_1",
        "dispute": "idp_1",
        "account": "acct_" + "1A" * 40,
        "livemode": False,
        "last4": "",
        "card": "ic_1",
        "card_status": "active",
        "amount": 10**15,
        "captured": 10**15,
        "currency": "eur",
        "reason": "fraudulent",
        "from_account": True,
        "by": STRANGERS[0],
        "asked_by": STRANGERS[1],
        "asked_at": "2026-11-25T12:00:00+00:00",
        "second": STRANGERS[2],
        "alone": "last_days",
        "submitted_at": "",
        "closed_at": "",
        "loss_reason": "other",
        "reinstated": False,
        "rescinded": False,
        "funds": FUNDS if state == "won" else [],
        "task": {"won": "reimburse", "expired": "review"}.get(state, ""),
        "task_state": "open" if state in {"won", "expired"} else "",
        "task_by": "",
        "missing": ["explanation", "additional_documentation"],
        "warnings": RULES,
        "due_on": "2027-02-28",
        "stripe_on": "2027-03-02",
        "network_on": "2027-02-28",
        "network_days": 110,
        "started_by": "purchase",
        "started_on": "2026-11-10",
        "kept": False,
        "error": "parameter_missing",
        "error_param": "explanation",
        "error_request": "req_1",
        "files": FILES,
        "program": {"id": 1, "ref": "P-1", "name": NAME},
        "zone": "UTC",
        "names": dict.fromkeys(STRANGERS[:3], NAME),
        **more,
    }


FUNDS: list[Facts] = [
    {"id": f"txn_{number}", "what": what, "amount": 10**12, "currency": "eur", "check": check}
    for number, (what, check) in enumerate(
        [
            ("reinstated", "agrees"),
            ("rescinded", "differs"),
            ("reinstated", "currency"),
            ("rescinded", "unnamed"),
        ]
    )
]


def scenes() -> Iterator[Scene]:
    """Boards, notices, lists and figures."""
    plain = {"program": None, "account": "", "livemode": True, "last4": "4242", "by": "", "files": [], "warnings": [],
             "error": "", "dispute": "", "due_on": "", "reason": ""}  # fmt: skip
    for state in STATES:
        for facts in (about(state), about(state, **plain)):
            yield Scene("dispute", facts, state)
            yield Scene("dispute.show", facts, state)
    done = {"task_state": "done", "task_by": STRANGERS[0]}
    yield Scene("dispute", about("won", **done), "reimbursed")
    yield Scene("dispute", about("expired", **done), "reviewed")
    yield Scene("dispute", about(error="http_503", error_param="", reason=NASTY), "away")
    for code in ("not_cancelled", NASTY):
        yield Scene("dispute", about("lost", loss_reason=code), "lost")
        yield Scene("dispute.ended", about("lost", loss_reason=code), "lost")
    yield from _said()
    yield from _lists()


def _said() -> Iterator[Scene]:
    for state in ("won", "expired"):
        yield Scene("dispute.ended", about(state), state)
        yield Scene("dispute.task_done", about(state, actor=STRANGERS[1]), state)
    for seconds in ([], STRANGERS[3:13]):
        for possible in (True, False):
            more = {"actor": STRANGERS[0], "seconds": seconds, "alone_possible": possible}
            yield Scene("dispute.asked", about("asked", **more), f"{len(seconds)}")
    yield Scene("dispute.submitted", about("submitted"))
    yield Scene("dispute.elsewhere", about("submitted"))
    yield Scene("dispute.refused", about())
    for what in ("reinstated", "rescinded"):
        yield Scene("dispute.funds", about("won", what=what, moved=7_000, moved_currency="jpy"), what)
        for one in FUNDS:
            yield Scene("dispute.funds", about("won", what=what, one=one), f"{what} {one['check']}")
    yield Scene("dispute.dropped", about("dropped", actor=STRANGERS[0]))
    for code in ("type", "broken", "locked", "too_large", "unreachable", "new_error"):
        more = {"field": "check_image", "code": code, "name": NAME, "user": STRANGERS[5]}
        yield Scene("dispute.bad_file", about(**more), code)
    for why in ("one_developer", "connected", "last_days"):
        yield Scene("dispute.alone", about(alone=why, actor=STRANGERS[0], words=WORDS), why)
    yield Scene("dispute.kept", about())


def _lists() -> Iterator[Scene]:
    lines: list[Facts] = [
        {**about(STATES[number % 8]), "task": ("reimburse", "review", "")[number % 3]} for number in range(20)
    ]
    yield Scene("dispute.list", {"rows": lines, "count": 25, "more": 5, "figures": []}, "many")
    yield Scene("dispute.list", {"rows": [], "count": 0, "more": 0, "figures": []}, "none")
    yield Scene("dispute.picture", {"figures": figures(), "today": "2026-11-25"})
    for coming in (True, False):
        yield Scene("dispute.ordered", {"coming": coming}, f"{coming}")


def figures() -> list[Facts]:
    """The figures of every reason, and of one that Stripe added since."""
    return [
        {
            "currency": ("usd", "jpy")[number % 2],
            "livemode": number % 3 > 0,
            "reason": reason,
            "count": 9,
            "open": number,
            "stake": number * 123_456,
            "won": number,
            "lost": 2 * (number % 2),
            "expired": 1,
            "won_amount": 1,
            "lost_amount": 1,
        }
        for number, reason in enumerate([*(one.id for one in plans.disputes().all), NASTY, "", "a", "b", "c"])
    ]


def given(reason: Reason) -> Facts:
    """What somebody may have typed for a reason."""
    worst = {"long": WORDS, "text": WORDS, "date": "2026-11-20", "yes_no": "yes", "transaction": NASTY}
    return {
        field.id: field.choices[0] if field.kind == "choice" else worst[field.kind]
        for field in reason.fields
        if field.kind != "file"
    }


def modals() -> Iterator[tuple[str, Callable[[str], Facts]]]:
    """Every form."""
    private = {"channel": "C0OPS", "dispute": 3, "thread_ts": "1763900000.000100"}
    bought = {"transaction": "ipi_1", "amount": 10**15, "currency": "eur", "merchant": NASTY, "last4": "", "livemode": False,
              "at": "2026-11-10T12:00:00+00:00", "account": "acct_1"}  # fmt: skip
    yield "dispute search", partial(dispute_form.search, private=private)
    chosen = {"reason": "other", "amount": "12.50", "from_account": True}
    for about_, before, problems in (
        (bought, chosen, [WORDS[:200]]),
        ({**bought, "account": "", "livemode": True}, {}, []),
    ):
        yield (
            "dispute first",
            partial(
                dispute_form.first,
                reasons=plans.disputes(),
                private=private,
                about=about_,
                chosen=before,
                problems=problems,
            ),
        )
    for reason in plans.disputes().all:
        facts = about(reason=reason.id)
        for typed in ({}, given(reason)):
            for number in range(1, reason.pages + 1):
                yield (
                    "dispute page",
                    partial(
                        dispute_form.page,
                        reason=reason,
                        number=number,
                        private=private,
                        facts=facts,
                        given=typed,
                        problems=[NAME],
                    ),
                )
            for missing in ([], ["explanation"] * 12):
                shown = {**facts, "missing": missing}
                yield (
                    "dispute summary",
                    partial(dispute_form.summary, reason=reason, private=private, facts=shown, given=typed),
                )
        for alone in ("", "one_developer", "connected", "last_days"):
            yield (
                "dispute check",
                partial(
                    dispute_form.check,
                    reason=reason,
                    private=private,
                    facts=facts,
                    given=given(reason),
                    alone=alone,
                ),
            )
    for state in ("won", "expired"):
        yield "dispute task", partial(dispute_form.task, private=private, facts=about(state))
