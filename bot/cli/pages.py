"""Reference pages made from what runs: rights, audit tags, the Slack app. A test compares each."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

import commands
from bot import manifest, text
from bot.domain.policy import RULES
from bot.domain.role import LEAST_ROLE, RELATIONS, ROLES, SETTING_OF_ROLE, Right
from bot.services.audit import TAGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bot.listeners.door import Button, Form, Options, Shortcut, Verb

    _Door = Verb | Button | Form | Shortcut | Options

MEANING: Final = {
    Right.HELP: "read the help",
    Right.SEE: "see programmes, their steps and why a date is what it is",
    Right.ADD_EVIDENCE: "add evidence; say that a step is blocked, or goes on",
    Right.TAKE: "take a step that nobody has",
    Right.FREEZE: "freeze a card that somebody reports lost",
    Right.LOG_COMPLAINT: "log a complaint",
    Right.START_PROGRAM: "start a programme",
    Right.CUSTOMER_DATA: "see customers' data",
    Right.DISPUTE: "open disputes, give evidence, ask for a second person, record what was reimbursed",
    Right.SUBMIT_DISPUTE: "be the second person who submits a dispute",
    Right.REVOKE: "revoke a card for good, order a new one (the holder: their own card)",
    Right.LOST_CARDS: "see the list of lost cards and how long they took",
    Right.OUTBOX: "see messages that could not be sent, and send them again",
    Right.BRAKE: "decline a merchant, a category or a country for some hours",
    Right.EVENTS: "see Stripe's events in trouble, handle them again, do what they ask for",
    Right.STEP: "finish a step, give it to somebody, record what Stripe answered",
    Right.CHANGE_PROGRAM: "change the people and the channels of a programme, move its board",
    Right.STEER_PROGRAM: "pause, resume, cancel and reopen a programme; sign its reports of complaints",
    Right.HAND_OVER: "hand over what somebody else holds (what one holds oneself: everybody)",
    Right.CALENDAR: "change the closing days that deadlines leave out",
    Right.ROLES: "grant and withdraw roles",
}
RELATION: Final = {
    "assignee": "who has the step",
    "lead": "the lead",
    "deputy": "the deputies",
    "manager": "the programme's manager",
}
SAID: Final = {
    "program:start:active": "A programme was started.",
    "program:pause:paused": "A programme was paused.",
    "program:resume:active": "A paused programme goes on.",
    "program:cancel:canceled": "A programme was canceled.",
    "program:reopen:active": "A canceled programme, or Treasury after a refusal, was taken up again.",
    "program:reassign:active": "Lead, deputies or manager changed.",
    "program:live:approved": "Live access was approved: by whom, with which capabilities.",
    "program:launch:launched": "A programme was launched.",
    "program:treasury:dropped": "Stripe refused Treasury alone; the programme goes on without.",
    "program:board:moved": "The board moved to another channel.",
    "step:take:open": "Somebody took a step.",
    "step:assign:open": "A step was given to somebody.",
    "step:block:blocked": "A step cannot go on; there is a date to look again.",
    "step:unblock:open": "A blocked step goes on.",
    "step:do:done": "A step of ours was finished.",
    "step:answer:recorded": "What Stripe answered to a step, and what that does.",
    "step:drop:dropped": "A step is not needed any more.",
    "step:reopen:open": "A finished step opened again: Stripe asked for changes, or a manager opened it.",
    "program:edit:active": "Answers, date or people were changed; which steps appeared and vanished.",
    "program:plan:adopted": "A programme follows a newer plan; steps that appeared, vanished or differ.",
    "step:undo:open": "What was recorded within ten minutes was taken back.",
    "step:correct:corrected": "A recorded date or answer was corrected; both times, before and after.",
    "evidence:add:arriving": "A file was added; the worker fetches it.",
    "evidence:add:stored": "A link was added.",
    "evidence:fetch:stored": "A file arrived, under its SHA-256.",
    "evidence:fetch:failed": "A file could not be fetched, and why.",
    "evidence:retry:arriving": "A file is fetched once more.",
    "submission:prepare:packing": "A round for Stripe was put together: its files by SHA-256.",
    "submission:prepare:replaced": "A round that was not sent gave way to another one.",
    "submission:upload:uploaded": "A packet of a round is in the thread, as a ZIP under its SHA-256.",
    "submission:upload:failed": "A packet could not be brought into the thread, and why.",
    "submission:retry:packing": "A packet that failed is built and uploaded once more.",
    "submission:send:sent": "A round was sent to Stripe: on which day.",
    "submission:answer:approved": "Stripe approved a round.",
    "submission:answer:revision": "Stripe asked to change items of a round: which ones.",
    "capability:observe:live": "A capability was seen in live use for the first time.",
    "capability:observe:unapproved": "A capability in live use was not approved; the managers were told.",
    "calendar:close:closed": "A closing day was added.",
    "calendar:open:open": "A closing day was removed.",
    "deadline:recount:moved": "An open deadline moved because the closing days changed.",
    "deadline:snooze:asleep": "Somebody does not want to hear of a deadline before a day.",
    "deadline:snooze:canceled": "A snooze was taken back.",
    "deadline:take:taken": "Somebody took an emergency; nobody else is called.",
    "role:plant:granted": "The settings gave somebody a role at the first start.",
    "role:grant:granted": "An admin gave somebody a role.",
    "role:withdraw:withdrawn": "An admin took a role from somebody.",
    "away:set:planned": "Somebody said when they are away and who stands in.",
    "away:cancel:canceled": "An absence was ended by hand, or replaced by another.",
    "away:begin:begun": "The first day of an absence has come.",
    "away:end:ended": "The last day of an absence is over.",
    "away:deputy:moved": "Another person stands in during an absence.",
    "preference:change:changed": "Somebody chose their language, quiet hours or weekly digest.",
    "person:leave:told": "Somebody cannot be reached any more: who heard of their work, by programme.",
    "program:contact:kept": "Name or e-mail of Stripe's representative was stored (not what they are).",
    "duty:do:done": "A lasting duty was done on a day.",
    "duty:people:changed": "A lasting duty got another owner or deputy.",
    "program:channels:changed": "The channels of a programme for one of its purposes changed.",
    "program:hand_over:moved": "What somebody held in a programme was given to somebody else.",
    "approval:share:shared": "Somebody shared where approvals stand in a channel.",
    "picture:ask:waiting": "Somebody asked for the picture of a forecast, for the thread or alone.",
    "picture:upload:failed": "A picture could not be brought to Slack, and why.",
    "picture:retry:waiting": "A picture that failed is drawn and uploaded once more.",
    "step:signal:proposed": "Stripe showed something that may finish a step; people were asked.",
    "step:signal:seen": "Stripe showed a part of a step: said, or noted as evidence; nobody need act.",
    "card:watch:on": "A card is watched: each use is told in its thread for a week.",
    "card:watch:ended": "A card is not watched any more.",
    "policy:load:current": "A policy for authorizations was loaded: its version and SHA-256.",
    "policy:enforced:changed": "A rule of the policy is obeyed from now on; how many live cards that stops.",
    "policy:shadow:changed": "A rule of the policy is only recorded from now on.",
    "policy:brake:on": "A merchant, category or country is declined until a moment.",
    "policy:brake:lifted": "A brake was ended before its time.",
    "outbox:retry:pending": "A message that could not be sent is sent once more.",
    "stripe_event:retry:pending": "An event of Stripe's that had failed is handled once more.",
    "stripe_event:replay:pending": "An event of Stripe's was handled again from the command line.",
    "program:account:set": "The Stripe account of a programme, or what tells its cards apart, was set.",
    "dispute:open:draft": "Somebody opened a dispute, or took up one that was dropped.",
    "dispute:find:found": "A dispute that was made elsewhere is followed here.",
    "dispute:change:draft": "Evidence of a draft changed: which fields, never what was written.",
    "dispute:draft:kept": "The draft is at Stripe, not submitted.",
    "dispute:call:refused": "Stripe refused a call about a dispute: code, field and request id.",
    "dispute:paper:made": "The files of a field became one file, under its SHA-256.",
    "dispute:paper:failed": "The files of a field cannot be evidence, and why.",
    "dispute:ask:asked": "The author asked for a second person.",
    "dispute:submit:submitting": "A dispute is to be submitted: by whom; alone, for which reason.",
    "dispute:submit:submitted": "Stripe has submitted a dispute to the network.",
    "dispute:drop:dropped": "A draft was given up.",
    "dispute:end:ended": "A dispute was submitted elsewhere, won, lost, or expired.",
    "dispute:funds:noted": "Funds of a dispute came to the Issuing balance, or were taken back.",
    "dispute:task:done": "What an ended dispute asked for is done.",
    "dispute:close:closed": "A dispute ended at Stripe, and the programme heard of it: how it ended.",
    "card:freeze:frozen": "Somebody reported a card: declined here from then on, asked of Stripe.",
    "card:freeze:stopped": "Stripe stopped a reported card.",
    "card:release:released": "A freeze was taken back.",
    "card:revoke:revoking": "Somebody revoked a card, as lost or stolen; Stripe was asked to cancel it.",
    "card:revoke:revoked": "Stripe canceled a reported card for good.",
    "card:replace:ordered": "A new card was ordered: its type, and whether merchants get its number.",
    "card:replace:declined": "Somebody said that there will be no new card.",
    "card:replace:created": "Stripe made the new card.",
    "card:capture:answered": "Somebody said whether a late purchase was the holder's.",
    "token:change:asked": "Stripe was asked to suspend or delete a card in one wallet.",
    "capability:task:open": "A capability of an account needs attention: unverified or unused for too long.",
    "capability:task:done": "Somebody did what a capability needed.",
    "capability:task:dropped": "A capability needs no attention any more.",
    "complaint:log:received": "A complaint was logged: its class, and whether words proposed *executive*.",
    "complaint:propose:asked": "Words added later proposed *executive*; nobody answers the customer.",
    "complaint:propose:yes": "Somebody answered that a complaint is executive.",
    "complaint:propose:no": "Somebody answered, with a reason, that a complaint is not executive.",
    "complaint:propose:silent": "Nobody answered within the hour: that counts as yes.",
    "complaint:classify:executive": "A complaint is executive, known since when.",
    "complaint:classify:operational": "A complaint is not executive (any more); the reason is kept with it.",
    "complaint:breach:noted": "A date passed, or a customer was contacted under the lock.",
    "complaint:breach:dropped": "A date that seemed missed was kept, as was recorded later.",
    "complaint:acknowledge:acknowledged": "The customer was told that we have the complaint.",
    "complaint:resolve:resolved": "A complaint was resolved.",
    "complaint:contact:recorded": "A contact with the customer was recorded.",
    "complaint:withdraw:withdrawn": "The customer took a complaint back.",
    "complaint:reopen:reopened": "A complaint that had ended was taken up again.",
    "complaint:mistake:mistake": "A manager said that a complaint was logged by mistake.",
    "complaint:note:added": "A note was added to a complaint.",
    "complaint:assign:assigned": "A complaint was given to somebody.",
    "complaint:link:linked": "A complaint was linked to a card, a transaction, a dispute.",
    "complaint:document:added": "Files were added to a complaint.",
    "complaint:document:stored": "The bytes of a document are kept, with their SHA-256.",
    "complaint:document:failed": "A document could not be fetched from Slack, with the reason.",
    "complaint:document:arriving": "Somebody asked to fetch documents again.",
    "complaint:notify:notified": "Stripe was told of an executive complaint.",
    "complaint:release:released": "Stripe's answer was recorded: the customer may be answered.",
    "complaint:forward:forwarded": "A complaint was forwarded to Stripe under the older rule.",
    "complaint:extend:extended": "The time to resolve was extended to 35 business days (UK, EU).",
    "complaint:detail:changed": "Fields of a complaint were filled in or corrected: which ones.",
    "complaint:settings:changed": "What a programme does otherwise with complaints was set.",
    "complaint_report:make:made": "The report of a month was made: its complaints, the hashes of its files.",
    "complaint_report:make:again": "It was made again before it was signed, for complaints had changed.",
    "complaint_report:sign:signed": "A manager signed a report, by the hash of its files.",
    "complaint_report:send:sent": "A report was recorded as sent to Stripe, on that day.",
    "complaint_report:add:making": "An addendum to a signed report was asked for.",
    "complaint_report:switch:changed": "A programme's report was switched on or off.",
    "complaint_report:upload:failed": "A file of a report could not be brought, and why.",
    "workspace:remove:removed": "The app was removed from the workspace.",
    "workspace:token:revoked": "The bot's token was revoked.",
}


def rights_page() -> str:
    """The roles, what each right allows and who holds it, in Markdown."""
    parts = [
        "# Who may do what",
        "",
        "A higher role includes the lower ones. What is not listed is refused: privately, naming who may.",
        "Roles start in the settings; admins grant and withdraw more with `/gantry roles`.",
        "Guests and people from other workspaces hold only roles that were granted to them by name. Somebody",
        "whom Slack did not confirm in time may read the help and freeze a card, and nothing else.",
        "This page is made by `make generate` from the doors. *Later*: no door asks for this right yet.",
        "",
        *_table(("Role", "First people"), ((role, _first_people(role)) for role in ROLES)),
        "",
        "## Rights",
        "",
        *_table(("To…", "Least role", "Also, in their own programme"), map(_right, Right)),
        "",
        "## Words",
        "",
        "Each can also be said after `/gantry`, and to `@Gantry` in a thread, in either language.",
        "",
        *_table(("Say", "To", "Also", "Right"), map(_verb, _verbs())),
    ]
    return "\n".join(parts) + "\n"


def audit_page() -> str:
    """Every audit tag and what it records, in Markdown."""
    parts = [
        "# The audit",
        "",
        "Each act adds an entry in the transaction that does it: who, when, tag, subject, before and after.",
        "Entries are never changed. A tag reads `noun:act:result`. Before and after hold states, ids,",
        "dates and amounts, and no words that somebody typed. This list is made by `make generate`.",
        "",
        *_table(("Tag", "What happened"), ((f"`{tag}`", SAID[tag]) for tag in SAID if tag in TAGS)),
    ]
    return "\n".join(parts) + "\n"


def policy_page() -> str:
    """Every rule of a policy and every field, in Markdown."""
    parts = [
        "# The policy for authorizations",
        "",
        "A policy is a TOML text with one table for each rule. `gantry policy load FILE` makes it the one",
        "that is obeyed, from the next authorization on, in every process; a text with a mistake changes",
        "nothing. Whether a rule is *enforced* or in *shadow* (recorded, not obeyed) does not stand in the",
        "text: operators change it with `gantry policy enforce` and `gantry policy shadow`. Version 0 ships",
        "with Gantry ([policy.toml](../../bot/plans/policy.toml)). This page is made by `make generate`.",
        "",
        "Rules are asked in this order. The first enforced rule that forbids an authorization gives its",
        "name; what every other rule said is recorded too. A limit whose currency is not the card's does not",
        "apply, and the record says so. Amounts are in minor units: `{ usd = 50000 }` is 500.00 US dollars.",
        "",
        *_table(("Rule", "Ships", "What it does"), ((f"`{n}`", r.state, r.help) for n, r in RULES.items())),
        "",
        "`brake` is no rule of the policy: `gantry policy brake` declines a merchant, category or country",
        "for some hours, whatever the policy says. `fallback` is the answer of `GANTRY_FALLBACK`.",
        "",
        "## Fields",
        "",
        *_table(
            ("Rule", "Field", "Holds", "Meaning"),
            (
                (f"`{rule}`", f"`{name}`", field.kind, field.help)
                for rule, described in RULES.items()
                for name, field in described.fields.items()
            ),
        ),
    ]
    return "\n".join(parts) + "\n"


def manifest_page() -> str:
    """What the Slack app asks for, and why, in Markdown."""
    made = manifest.manifest(None)
    features = made["features"]
    parts = [
        "# The Slack app",
        "",
        "`manifest.json` creates the app, which listens through Socket Mode; `gantry manifest --url` prints",
        "the same app for a public address. This page is made by `make generate` from the manifest.",
        "",
        "## What it may do",
        "",
        *_table(("Scope", "Why"), ((f"`{scope}`", why) for scope, why in manifest.SCOPES.items())),
        "",
        "It cannot read what is said in channels: only messages that mention it, and files that somebody",
        "gives it. Of a channel it sees the name, the kind and whether it is shared: customers' data goes",
        "only into private channels of your own company. `gantry doctor` checks the defaults.",
        "",
        "These scopes are optional and not in the manifest. Add them under *OAuth & Permissions* and install",
        "the app again; without them a message that Slack did not confirm may be there twice, and says so.",
        "",
        *_table(("Optional scope", "Why"), ((f"`{scope}`", why) for scope, why in manifest.OPTIONAL.items())),
        "",
        "## What people can use",
        "",
        *_table(
            ("Door", "For"),
            [
                *((f"`{entry['command']}`", entry["description"]) for entry in features["slash_commands"]),
                *((f"*{entry['name']}*", entry["description"]) for entry in features["shortcuts"]),
            ],
        ),
        "",
        "## What it hears",
        "",
        *[f"- `{name}`" for name in made["settings"]["event_subscriptions"]["bot_events"]],
    ]
    return "\n".join(parts) + "\n"


def _first_people(role: str) -> str:
    if role in SETTING_OF_ROLE:
        return f"`{SETTING_OF_ROLE[role]}`"
    return {"guest": "everybody else", "member": "every full member of the workspace"}[role]


def _right(right: Right) -> tuple[str, ...]:
    relations = ", ".join(RELATION[name] for name in RELATIONS.get(right, ()))
    meaning = MEANING[right] if right in _asked_for() else f"{MEANING[right]} (*later*)"
    return meaning, LEAST_ROLE[right], relations


def _asked_for() -> frozenset[Right]:
    doors = commands.DOORS
    kinds: tuple[tuple[_Door, ...], ...] = (
        doors.verbs,
        doors.buttons,
        doors.forms,
        doors.shortcuts,
        doors.options,
    )
    return frozenset(door.right for kind in kinds for door in kind)


def _verbs() -> Iterable[Verb]:
    """Every verb once: the way to say it that the help names."""
    named = {verb.name: verb for verb in commands.DOORS.verbs if not verb.quiet}
    return named.values()


def _verb(verb: Verb) -> tuple[str, ...]:
    said = f"`{verb.said} {verb.hint}`".replace(" `", "`").replace("|", "\\|")
    also = ", ".join(alias for alias in verb.aliases if alias != verb.words)
    return said, text.say("en", verb.help_key), also, MEANING[verb.right]


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = [head, ("---",) * len(head), *rows]
    return [f"| {' | '.join(line)} |".replace("|  |", "| |") for line in lines]


PAGES: Final[dict[str, Callable[[], str]]] = {
    "rights": rights_page,
    "audit": audit_page,
    "manifest": manifest_page,
    "policy": policy_page,
}
"""Each page by the name of its file in docs/reference."""


if __name__ == "__main__":
    sys.stdout.write(PAGES[sys.argv[1]]())
