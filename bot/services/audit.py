"""The audit: who did what, when. Entries are only ever added."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from storage import Session
from storage.plain import add
from storage.tables import AuditEntry

TAGS: Final = frozenset(
    {
        "preference:change:changed",
        "program:start:active",
        "program:pause:paused",
        "program:resume:active",
        "program:cancel:canceled",
        "program:reopen:active",
        "program:reassign:active",
        "program:live:approved",
        "program:launch:launched",
        "program:treasury:dropped",
        "program:board:moved",
        "step:take:open",
        "step:assign:open",
        "step:block:blocked",
        "step:unblock:open",
        "step:do:done",
        "step:answer:recorded",
        "step:drop:dropped",
        "step:reopen:open",
        "step:undo:open",
        "step:correct:corrected",
        "program:edit:active",
        "program:plan:adopted",
        "evidence:add:arriving",
        "evidence:add:stored",
        "evidence:fetch:stored",
        "evidence:fetch:failed",
        "evidence:retry:arriving",
        "submission:prepare:packing",
        "submission:prepare:replaced",
        "submission:upload:uploaded",
        "submission:upload:failed",
        "submission:retry:packing",
        "submission:send:sent",
        "submission:answer:approved",
        "submission:answer:revision",
        "capability:observe:live",
        "capability:observe:unapproved",
        "calendar:close:closed",
        "calendar:open:open",
        "deadline:recount:moved",
        "deadline:snooze:asleep",
        "deadline:snooze:canceled",
        "deadline:take:taken",
        "role:plant:granted",
        "role:grant:granted",
        "role:withdraw:withdrawn",
        "away:set:planned",
        "away:cancel:canceled",
        "away:begin:begun",
        "away:end:ended",
        "away:deputy:moved",
        "program:hand_over:moved",
        "program:channels:changed",
        "program:contact:kept",
        "duty:do:done",
        "duty:people:changed",
        "person:leave:told",
        "picture:ask:waiting",
        "picture:upload:failed",
        "picture:retry:waiting",
        "step:signal:proposed",
        "step:signal:seen",
        "card:watch:on",
        "card:watch:ended",
        "policy:load:current",
        "policy:enforced:changed",
        "policy:shadow:changed",
        "policy:brake:on",
        "policy:brake:lifted",
        "outbox:retry:pending",
        "approval:share:shared",
        "stripe_event:retry:pending",
        "stripe_event:replay:pending",
        "program:account:set",
        "dispute:close:closed",
        "dispute:open:draft",
        "dispute:find:found",
        "dispute:change:draft",
        "dispute:draft:kept",
        "dispute:call:refused",
        "dispute:paper:made",
        "dispute:paper:failed",
        "dispute:ask:asked",
        "dispute:submit:submitting",
        "dispute:submit:submitted",
        "dispute:drop:dropped",
        "dispute:end:ended",
        "dispute:funds:noted",
        "dispute:task:done",
        "card:freeze:frozen",
        "card:freeze:stopped",
        "card:release:released",
        "card:revoke:revoking",
        "card:revoke:revoked",
        "card:replace:ordered",
        "card:replace:declined",
        "card:replace:created",
        "card:capture:answered",
        "token:change:asked",
        "capability:task:open",
        "capability:task:done",
        "capability:task:dropped",
        "complaint:log:received",
        "complaint:propose:asked",
        "complaint:propose:yes",
        "complaint:propose:no",
        "complaint:propose:silent",
        "complaint:classify:executive",
        "complaint:classify:operational",
        "complaint:breach:noted",
        "complaint:breach:dropped",
        "complaint:acknowledge:acknowledged",
        "complaint:resolve:resolved",
        "complaint:contact:recorded",
        "complaint:withdraw:withdrawn",
        "complaint:reopen:reopened",
        "complaint:mistake:mistake",
        "complaint:note:added",
        "complaint:assign:assigned",
        "complaint:link:linked",
        "complaint:document:added",
        "complaint:document:stored",
        "complaint:document:failed",
        "complaint:document:arriving",
        "complaint:notify:notified",
        "complaint:release:released",
        "complaint:forward:forwarded",
        "complaint:extend:extended",
        "complaint:detail:changed",
        "complaint:settings:changed",
        "complaint_report:make:made",
        "complaint_report:make:again",
        "complaint_report:sign:signed",
        "complaint_report:send:sent",
        "complaint_report:add:making",
        "complaint_report:switch:changed",
        "complaint_report:upload:failed",
        "workspace:remove:removed",
        "workspace:token:revoked",
    }
)
"""`noun:act:result`, every tag there is; documented in docs/reference/audit.md."""


def record(
    session: Session,
    *,
    team: str,
    actor: str,
    tag: str,
    subject: str,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Add an entry in the caller's transaction.

    Args:
        session: the caller's transaction.
        team: the Slack workspace.
        actor: a Slack user id, or the name of what acted (`gantry`, `settings`, `worker`, an event id).
        tag: one of `TAGS`.
        subject: what it was about, such as `P-7` or `P-7/intake_form`.
        now: business time.
        before: field names with states, ids, dates, amounts; never words that somebody typed.
        after: the same, afterwards.

    Raises:
        ValueError: the tag is not in the list.
    """
    if tag not in TAGS:
        raise ValueError(f"{tag!r} is not in the list of audit tags: add it to TAGS and to the documents")
    add(
        session,
        AuditEntry,
        {
            "team": team,
            "at": now,
            "actor": actor,
            "tag": tag,
            "subject": subject,
            "before": dict(before or {}),
            "after": dict(after or {}),
        },
    )
