"""The same objects as Slack writes them in JSON (for the bot) and as the page wants them."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.playground.identity import APP_ID, BOT_ID, BOT_NAME, BOT_USER, TEAM_ID

if TYPE_CHECKING:
    from bot.playground.identity import Json
    from bot.playground.workspace import Channel, Message, Person, StoredFile, Workspace

_TOKEN = re.compile(r"<(@|#)([UCDW][A-Z0-9]+)(?:\|[^>]*)?>|<(https?://[^|>]+)(?:\|([^>]*))?>")


def user(person: Person, *, locale: bool = True, email: bool = True) -> Json:
    """A user object as `users.info` gives it."""
    offset = datetime.now(UTC).astimezone(ZoneInfo(person.tz)).utcoffset()
    shape: Json = {
        "id": person.id,
        "team_id": TEAM_ID,
        "name": person.handle,
        "deleted": person.deleted,
        "color": person.color,
        "real_name": person.name,
        "tz": person.tz,
        "tz_label": person.tz,
        "tz_offset": int(offset.total_seconds()) if offset else 0,
        "profile": {
            "title": person.title,
            "real_name": person.name,
            "real_name_normalized": person.name,
            "display_name": person.name,
            "display_name_normalized": person.name,
            "first_name": person.name.split()[0],
            "status_text": "",
            "status_emoji": "",
            "avatar_hash": person.id.lower(),
            "team": TEAM_ID,
        },
        "is_admin": person.role == "operator",
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": person.guest,
        "is_ultra_restricted": person.guest,
        "is_bot": person.is_bot,
        "is_app_user": False,
        "updated": person.updated,
    }
    if email and not person.is_bot:
        shape["profile"]["email"] = person.email
    if locale:
        shape["locale"] = person.locale
    return shape


def channel(place: Channel) -> Json:
    """A conversation object."""
    if place.is_im:
        return {
            "id": place.id,
            "created": place.created,
            "is_archived": False,
            "is_im": True,
            "is_org_shared": False,
            "user": place.user,
            "context_team_id": TEAM_ID,
            "is_user_deleted": False,
            "priority": 0,
            "is_open": True,
        }
    return {
        "id": place.id,
        "name": place.name,
        "name_normalized": place.name,
        "is_channel": not place.private,
        "is_group": place.private,
        "is_im": False,
        "is_mpim": False,
        "is_private": place.private,
        "is_archived": place.archived,
        "is_general": False,
        "is_member": BOT_USER in place.members,
        "is_shared": place.shared,
        "is_ext_shared": place.shared,
        "is_org_shared": False,
        "is_pending_ext_shared": False,
        "pending_shared": [],
        "shared_team_ids": [TEAM_ID, "T0HARBOUR"] if place.shared else [TEAM_ID],
        "context_team_id": TEAM_ID,
        "created": place.created,
        "creator": place.members[0] if place.members else BOT_USER,
        "unlinked": 0,
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "previous_names": [],
        "num_members": len(place.members),
    }


def file(stored: StoredFile, origin: str) -> Json:
    """A file object; `url_private_download` wants the bot's token."""
    kind = stored.name.rpartition(".")[2].lower() if "." in stored.name else "binary"
    base = f"{origin}/files-pri/{TEAM_ID}-{stored.id}"
    return {
        "id": stored.id,
        "created": stored.created,
        "timestamp": stored.created,
        "name": stored.name,
        "title": stored.title,
        "mimetype": stored.mimetype,
        "filetype": kind,
        "pretty_type": kind.upper(),
        "user": stored.user,
        "user_team": TEAM_ID,
        "editable": False,
        "size": len(stored.content),
        "mode": "hosted",
        "is_external": False,
        "external_type": "",
        "is_public": any(not name.startswith("D") for name in stored.channels),
        "public_url_shared": False,
        "display_as_bot": False,
        "username": "",
        "url_private": f"{base}/{stored.name}",
        "url_private_download": f"{base}/download/{stored.name}",
        "permalink": f"{origin}/files/{stored.user}/{stored.id}/{stored.name}",
        "channels": [name for name in stored.channels if not name.startswith("D")],
        "groups": [],
        "ims": [name for name in stored.channels if name.startswith("D")],
        "comments_count": 0,
        "has_rich_preview": False,
        "file_access": "visible",
        **({"alt_txt": stored.alt} if stored.alt else {}),
    }


def rich_text(text: str) -> list[Json]:
    """What a person typed, as the block that Slack derives from it."""
    elements: list[Json] = []
    position = 0
    for found in _TOKEN.finditer(text):
        if found.start() > position:
            elements.append({"type": "text", "text": _unescape(text[position : found.start()])})
        sign, name, url, label = found.groups()
        if sign == "@":
            elements.append({"type": "user", "user_id": name})
        elif sign == "#":
            elements.append({"type": "channel", "channel_id": name})
        else:
            elements.append({"type": "link", "url": url, **({"text": label} if label else {})})
        position = found.end()
    if position < len(text):
        elements.append({"type": "text", "text": _unescape(text[position:])})
    key = hashlib.sha256(text.encode()).hexdigest()[:5]
    section = {"type": "rich_text_section", "elements": elements}
    return [{"type": "rich_text", "block_id": key, "elements": [section]}]


def bot_profile() -> Json:
    """The short profile that comes with a bot's message."""
    return {
        "id": BOT_ID,
        "deleted": False,
        "name": BOT_NAME,
        "updated": 1_700_000_000,
        "app_id": APP_ID,
        "user_id": BOT_USER,
        "icons": {},
        "team_id": TEAM_ID,
    }


def message(workspace: Workspace, said: Message, origin: str) -> Json:
    """A message as the Web API, events and payloads show it."""
    shape: Json = {"type": "message", "user": said.user, "ts": said.ts, "text": said.text, "team": TEAM_ID}
    if said.bot:
        shape |= {"bot_id": BOT_ID, "app_id": APP_ID, "bot_profile": bot_profile()}
    blocks = said.blocks if said.bot else (rich_text(said.text) if said.text else None)
    if blocks and not said.deleted:
        shape["blocks"] = blocks
    if said.deleted:
        shape["hidden"] = True
    # Slack leaves out what is empty.
    optional: Json = {
        "subtype": said.subtype,
        "attachments": said.attachments,
        "files": [file(workspace.files[name], origin) for name in said.files],
        "edited": said.edited_ts and {"user": BOT_ID if said.bot else said.user, "ts": said.edited_ts},
        "metadata": said.metadata,
        "reactions": [
            {"name": name, "users": users, "count": len(users)} for name, users in said.reactions.items()
        ],
        "thread_ts": said.thread_ts,
    }
    shape |= {key: value for key, value in optional.items() if value}
    return shape | _thread(workspace, said)


def _thread(workspace: Workspace, said: Message) -> Json:
    """What a message knows of its thread."""
    if said.is_reply:
        root = workspace.root(said.channel, str(said.thread_ts))
        return {"parent_user_id": root.user if root else said.user}
    if not said.replies:
        return {}
    present = workspace.thread(said.channel, said.ts)[1:]
    users = list(dict.fromkeys(reply.user for reply in present))
    return {
        "reply_count": len(present),
        "reply_users": users,
        "reply_users_count": len(users),
        "latest_reply": present[-1].ts if present else said.ts,
        "subscribed": True,
        "is_locked": False,
    }


def page_file(stored: StoredFile) -> Json:
    """A file for the page."""
    shape: Json = {
        "id": stored.id,
        "name": stored.name,
        "mimetype": stored.mimetype,
        "size": len(stored.content),
        "url_private": f"/play/file/{stored.id}",
        "alt": stored.alt,
    }
    if stored.mimetype in {"image/png", "image/jpeg", "image/gif"}:
        shape["thumb"] = f"/play/file/{stored.id}"
    return shape


def page_message(workspace: Workspace, said: Message) -> Json:
    """A message for the page, in the shape of the contract."""
    present = workspace.thread(said.channel, said.ts)[1:] if said.replies else []
    return {
        "ts": said.ts,
        "user": said.user,
        "bot": said.bot,
        "text": said.text,
        "blocks": said.blocks,
        "files": [page_file(workspace.files[name]) for name in said.files],
        "edited": said.edited_ts is not None,
        "deleted": said.deleted,
        "thread_ts": said.thread_ts,
        "reply_count": len(present),
        "reply_users": list(dict.fromkeys(reply.user for reply in present)),
        "latest_reply": present[-1].ts if present else None,
        "reactions": [{"name": name, "users": users} for name, users in said.reactions.items()],
        "ephemeral": said.ephemeral_for is not None,
        "metadata": said.metadata,
        "subtype": said.subtype,
        "at": said.at,
    }


def page_channel(place: Channel) -> Json:
    """A channel for the page."""
    return {
        "id": place.id,
        "name": BOT_NAME if place.is_im else place.name,
        "private": place.private,
        "archived": place.archived,
        "is_im": place.is_im,
        "user": place.user,
        "members": list(place.members),
    }


def page_person(person: Person) -> Json:
    """A person for the page."""
    return {
        "id": person.id,
        "name": person.name,
        "title": person.title,
        "role": person.role,
        "locale": person.locale,
        "tz": person.tz,
        "guest": person.guest,
        "color": person.color,
    }


def _unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
