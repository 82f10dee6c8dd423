"""Evidence of a step: files that the worker fetches from Slack, and links."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from bot.domain.role import GANTRY, Asker, Right
from bot.services import audit
from bot.services import person as people
from bot.services.step import at_step
from bot.services.walk import Walk, of
from storage import Session, after_commit
from storage.queries import program as programs
from storage.tables import Evidence, File, Program, Step
from storage.upsert import insert_once

WAKE: Final = "downloads"
"""What `Database.on_commit` is told when a file waits to be fetched."""

MIMETYPES: Final = {
    "application/pdf": "pdf",
    "image/png": "png",
    "image/jpeg": "jpeg",
}
LARGEST: Final = 10 * 1024 * 1024
HEIC: Final = frozenset({"heic", "heif", "image/heic", "image/heif"})


def kind_of(file: Mapping[str, Any]) -> str:
    """Return `ok`, or why Slack's file object cannot be evidence: `heic`, `type`, `too_large`."""
    kind = {str(file.get("filetype", "")).lower(), str(file.get("mimetype", "")).lower()}
    ending = str(file.get("name", "")).lower().rpartition(".")[2]
    if kind & HEIC or ending in HEIC:
        return "heic"
    known = {"pdf", "png", "jpg", "jpeg"}
    if not (kind & (known | set(MIMETYPES)) or ending in known):
        return "type"
    size = file.get("size")
    return "too_large" if isinstance(size, int) and size > LARGEST else "ok"


def sniff(content: bytes) -> str:
    """Return the type that the bytes themselves show, or an empty text."""
    if content.startswith(b"%PDF-"):
        return "application/pdf"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    return "image/jpeg" if content.startswith(b"\xff\xd8\xff") else ""


def add(
    session: Session,
    who: Asker,
    step_id: int,
    *,
    item: str,
    files: Sequence[Mapping[str, Any]],
    link: str,
    now: datetime,
) -> Walk:
    """Add files and a link to a step; files arrive later, the link is there at once.

    The same file added twice is one piece of evidence. A step with one item takes everything for that one.
    """
    walk, row = at_step(session, who.team, step_id)
    people.require(session, who, Right.ADD_EVIDENCE, now)
    items = [one.id for one in walk.step(row.key).evidence]
    if item not in items:
        item = items[0] if len(items) == 1 else ""
    values = {
        "team": who.team,
        "program_id": walk.program.id,
        "step_id": step_id,
        "item": item,
        "by": who.user,
        "at": now,
    }
    added = []
    for file in files:
        origin = str(file.get("id", ""))
        more: dict[str, Any] = {
            "kind": "file",
            "origin": origin,
            "name": str(file.get("name") or file.get("title") or file.get("id", "")),
            "link": file.get("url_private_download") or file.get("url_private"),
            "state": "arriving",
            "next_attempt_at": now.replace(year=1970),
        }
        if insert_once(session, Evidence, {**values, **more}, conflict=["step_id", "item", "origin"]):
            added.append({"name": more["name"], "kind": "file"})
            _record(session, walk.program, who.user, "evidence:add:arriving", row.key, now, origin=origin)
    if link:
        digest = hashlib.sha256(link.encode()).hexdigest()
        more = {"kind": "link", "origin": digest, "name": link, "link": link, "state": "stored"}
        if insert_once(session, Evidence, {**values, **more}, conflict=["step_id", "item", "origin"]):
            added.append({"name": link, "kind": "link"})
            _record(session, walk.program, who.user, "evidence:add:stored", row.key, now, origin=digest)
    if added:
        after_commit(session, WAKE)
        walk.show(now, row.key)
        walk.say("evidence.added", who, now, step=walk.line(row.key), added=added)
    return walk


def note(
    walk: Walk,
    row: Step,
    *,
    item: str,
    source: str,
    name: str,
    link: str,
    proof: Mapping[str, Any],
    now: datetime,
) -> None:
    """Add what Stripe shows as a link, for one item, once; whoever says so in the thread is the caller."""
    values: dict[str, Any] = {
        "team": walk.program.team,
        "program_id": walk.program.id,
        "step_id": row.id,
        "item": item,
        "kind": "link",
        "origin": source,
        "name": name,
        "link": link,
        "state": "stored",
        "by": GANTRY,
        "at": now,
    }
    if insert_once(walk.session, Evidence, values, conflict=["step_id", "item", "origin"]):
        _record(walk.session, walk.program, GANTRY, "evidence:add:stored", row.key, now, **proof)
        walk.show(now, row.key)


def stored(
    session: Session,
    evidence: Evidence,
    *,
    sha256: str,
    size: int,
    mimetype: str,
    location: str,
    now: datetime,
) -> None:
    """Record that a file has arrived."""
    values = {
        "team": evidence.team,
        "sha256": sha256,
        "size": size,
        "mimetype": mimetype,
        "location": location,
        "stored_at": now,
    }
    insert_once(session, File, values, conflict=["team", "sha256"])
    file = programs.file_of(session, evidence.team, sha256)
    row = session.get(Evidence, evidence.id)
    if row is None or file is None or row.state != "arriving":
        return
    row.state, row.file_id, row.error, row.next_attempt_at = "stored", file.id, "", None
    session.add(row)
    _after(session, row, "evidence:fetch:stored", now, sha256=sha256)


def failed(session: Session, evidence: Evidence, *, code: str, now: datetime) -> None:
    """Record that a file cannot be fetched; the person can try again."""
    row = session.get(Evidence, evidence.id)
    if row is None or row.state != "arriving":
        return
    row.state, row.error, row.next_attempt_at = "failed", code, None
    session.add(row)
    walk = _after(session, row, "evidence:fetch:failed", now, code=code)
    who = Asker(team=row.team, user=row.by, language=walk.program.language)
    key = walk.rows.key_of(row.step_id)
    walk.say(
        "evidence.failed",
        Asker(team=row.team, user="", language=who.language),
        now,
        step=walk.line(key),
        users=[row.by],
        to=row.by,
        name=row.name or "",
        code=code,
        evidence=row.id,
    )


def retry(session: Session, who: Asker, evidence_id: int, now: datetime) -> None:
    """Fetch a file once more."""
    people.require(session, who, Right.ADD_EVIDENCE, now)
    row = session.get(Evidence, evidence_id)
    if row is None or row.team != who.team or row.state != "failed":
        return
    row.state, row.error, row.attempts, row.next_attempt_at = "arriving", "", 0, now.replace(year=1970)
    session.add(row)
    after_commit(session, WAKE)
    walk = _walk(session, row)
    _record(
        session, walk.program, who.user, "evidence:retry:arriving", _key(walk, row), now, origin=row.origin
    )
    walk.show(now, _key(walk, row))


def _after(session: Session, row: Evidence, tag: str, now: datetime, **after: str) -> Walk:
    session.flush()
    walk = _walk(session, row)
    _record(session, walk.program, "worker", tag, _key(walk, row), now, origin=row.origin, **after)
    walk.show(now, _key(walk, row))
    return walk


def _walk(session: Session, row: Evidence) -> Walk:
    program = programs.lock(session, row.program_id)
    assert program is not None, "evidence belongs to a programme"  # noqa: S101 - a foreign key says so
    return of(session, program)


def _key(walk: Walk, row: Evidence) -> str:
    return walk.rows.key_of(row.step_id)


def _record(
    session: Session,
    program: Program,
    actor: str,
    tag: str,
    key: str,
    now: datetime,
    **after: Any,  # noqa: ANN401 - JSON values
) -> None:
    audit.record(
        session,
        team=program.team,
        actor=actor,
        tag=tag,
        subject=f"{program.ref}/{key}",
        now=now,
        after=after,
    )
