"""What may come in: from Slack, and of the shape Slack's documentation gives it.

Bolt reads a body before it looks at the signature and trusts every type in it, and it takes a command whose
text holds the word "payload" for something else. Behind this gate it gets what was read once, here. Over HTTP
the signature says that it is Slack; a socket was opened with our token, so there only the shape is looked at.
Source of the signature: https://docs.slack.dev/authentication/verifying-requests-from-slack.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

OLDEST_SECONDS: Final = 300
DEEPEST: Final = 40

Id = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Za-z0-9._-]{0,60}$")]
Person = Annotated[str, StringConstraints(pattern=r"^[UW][A-Z0-9]{1,40}$")]
Channel = Annotated[str, StringConstraints(pattern=r"^[CDG][A-Z0-9]{1,40}$")]
Short = Annotated[str, StringConstraints(max_length=255)]
Text = Annotated[str, StringConstraints(max_length=60_000)]


class NotAdmittedError(Exception):
    """The request goes no further; `status` is the whole answer, `reason` is for the log: no values."""

    def __init__(self, status: HTTPStatus, reason: str = "") -> None:
        super().__init__(reason or status.phrase)
        self.status = status
        self.reason = reason


class _Known(BaseModel):
    """The fields we or Bolt read. Others pass: Slack adds some every year."""

    model_config = ConfigDict(extra="ignore", strict=True)


class _Team(_Known):
    id: Id | None = None
    enterprise_id: Id | None = None


class _Who(_Known):
    id: Person
    team_id: Id | None = None


class _Channel(_Known):
    id: Channel


class _Container(_Known):
    channel_id: Channel | None = None
    thread_ts: Short | None = None


class _File(_Known):
    id: Id
    name: Text | None = None
    title: Text | None = None
    filetype: Short | None = None
    mimetype: Short | None = None
    size: int | None = None
    url_private: Text | None = None
    url_private_download: Text | None = None


class _Message(_Known):
    thread_ts: Short | None = None
    text: Text | None = None
    files: list[_File] | None = None


class _Option(_Known):
    value: Short


class _Element(_Known):
    type: Short
    value: Text | None = None
    selected_option: _Option | None = None
    selected_options: list[_Option] | None = None
    selected_date: Short | None = None
    selected_time: Short | None = None
    selected_date_time: int | None = None
    selected_user: Short | None = None
    selected_users: list[Short] | None = None
    selected_channel: Short | None = None
    selected_channels: list[Short] | None = None
    selected_conversation: Short | None = None
    selected_conversations: list[Short] | None = None
    files: list[_File] | None = None


class _Action(_Element):
    action_id: Short
    block_id: Short | None = None


class _State(_Known):
    values: dict[str, dict[str, _Element]] | None = None


class _View(_Known):
    id: Id
    type: Short
    hash: Short | None = None
    callback_id: Short | None = None
    root_view_id: Id | None = None
    private_metadata: Annotated[str, StringConstraints(max_length=3_000)] | None = None
    app_installed_team_id: Id | None = None
    state: _State | None = None


class _Interactive(_Known):
    type: Literal[
        "block_actions", "view_submission", "view_closed", "block_suggestion", "shortcut", "message_action"
    ]
    user: _Who
    team: _Team | None = None
    team_id: Id | None = None
    enterprise: _Team | None = None
    channel: _Channel | None = None
    container: _Container | None = None
    message: _Message | None = None
    trigger_id: Short | None = None
    response_url: Text | None = None
    view: _View | None = None
    value: Text | None = None


class _Click(_Interactive):
    actions: Annotated[list[_Action], Field(min_length=1)]


class _Submission(_Interactive):
    view: _View


class _Suggestion(_Interactive):
    action_id: Short
    block_id: Short


class _Shortcut(_Interactive):
    callback_id: Short


class _Command(_Known):
    command: Short
    user_id: Person
    team_id: Id
    enterprise_id: Short | None = None
    channel_id: Channel | None = None
    text: Text | None = None
    trigger_id: Short | None = None
    response_url: Text | None = None


class _Authorization(_Known):
    team_id: Id | None = None
    enterprise_id: Id | None = None
    is_enterprise_install: bool | None = None


class _Happened(_Known):
    type: Short
    user: Person | dict[str, Any] | None = None
    bot_id: Short | None = None
    team: Id | dict[str, Any] | None = None
    user_team: Id | None = None
    channel: Channel | dict[str, Any] | None = None
    thread_ts: Short | None = None
    ts: Short | None = None
    text: Text | None = None


class _Event(_Known):
    type: Literal["event_callback"]
    event_id: Id
    event: _Happened
    team_id: Id | None = None
    enterprise_id: Id | None = None
    authorizations: list[_Authorization] | None = None


class _Address(_Known):
    type: Literal["url_verification"]
    challenge: Text


_SHAPES: Final[Mapping[str, type[BaseModel]]] = {
    "block_actions": _Click,
    "view_submission": _Submission,
    "view_closed": _Submission,
    "block_suggestion": _Suggestion,
    "shortcut": _Shortcut,
    "message_action": _Shortcut,
    "event_callback": _Event,
    "url_verification": _Address,
}

_READ: Final[tuple[type[BaseModel], ...]] = (
    *_SHAPES.values(), _Command, _View, _State, _Element, _Action, _File, _Message, _Happened, _Who, _Team,
    _Channel, _Container, _Option, _Authorization,
)  # fmt: skip
_NAMES: Final = frozenset(name for model in _READ for name in model.model_fields)


def admit(body: str, headers: Mapping[str, Any], *, secret: str, wall: float) -> dict[str, Any]:
    """Return the payload of a request that Slack signed.

    Args:
        body: the raw body.
        headers: by lower-case name; the first value of a list counts.
        secret: the signing secret; without one nothing is admitted.
        wall: the wall clock in unix seconds.

    Raises:
        NotAdmittedError: 401 not signed by Slack, or too old; 400 not what Slack sends; 200 a check of TLS.
    """
    if not _signed(body, headers, secret, wall):
        raise NotAdmittedError(HTTPStatus.UNAUTHORIZED)
    kind = _header(headers, "content-type").partition(";")[0].strip().lower()
    try:
        payload = _read(body, kind)
    except (ValueError, TypeError, RecursionError) as error:
        raise NotAdmittedError(HTTPStatus.BAD_REQUEST, type(error).__name__) from None
    if payload.get("ssl_check") == "1":
        raise NotAdmittedError(HTTPStatus.OK)
    return documented(payload)


def documented(payload: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever came
    """Return the fields of a payload that we or Bolt read, each of the type that Slack documents.

    Raises:
        NotAdmittedError: 400, with the places of what is wrong as its reason.
    """
    try:
        measured(payload)
        shape = _shape(payload)
        shape.model_validate(payload)
    except ValidationError as error:
        raise NotAdmittedError(HTTPStatus.BAD_REQUEST, _places(error)) from None
    except (ValueError, TypeError, RecursionError) as error:
        raise NotAdmittedError(HTTPStatus.BAD_REQUEST, type(error).__name__) from None
    # Bolt looks into fields that we do not need, and stumbles over two of them.
    return {name: value for name, value in payload.items() if name in shape.model_fields}


def _shape(payload: object) -> type[BaseModel]:
    if not isinstance(payload, dict):
        raise TypeError("no object")
    return _Command if "command" in payload else _SHAPES.get(payload.get("type", ""), _Command)


def _places(error: ValidationError) -> str:
    """Return where a payload differs, by our names of fields: names that came along may be people's words."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return ", ".join(
        dict.fromkeys(
            ".".join(str(part) if part in _NAMES else "*" for part in one["loc"]) for one in found[:5]
        )
    )


def _signed(body: str, headers: Mapping[str, Any], secret: str, wall: float) -> bool:
    stamp, given = _header(headers, "x-slack-request-timestamp"), _header(headers, "x-slack-signature")
    if (
        not secret
        or not (stamp.isascii() and stamp.isdigit())
        or abs(wall - int(stamp[:20])) > OLDEST_SECONDS
    ):
        return False
    base = f"v0:{stamp}:{body}".encode()
    wanted = f"v0={hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()}"
    return hmac.compare_digest(wanted.encode(), given.encode("utf-8", "replace"))


def _read(body: str, kind: str) -> dict[str, Any]:
    if kind == "application/json":
        found = json.loads(body)
    else:
        fields = dict(
            parse_qsl(body, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=60)
        )
        found = json.loads(fields["payload"]) if "payload" in fields else fields
    if not isinstance(found, dict):
        raise TypeError("no object")
    return found


def measured(value: object, depth: int = 0) -> None:
    """Refuse what cannot be stored or walked through: too deep, NUL, half characters, NaN.

    Raises:
        ValueError: it is such a value, or holds one.
    """
    if depth > DEEPEST:
        raise ValueError("too deep")
    if isinstance(value, str):
        value.encode()
        if "\x00" in value:
            raise ValueError("NUL")
    elif isinstance(value, float):
        if value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124 - NaN is not itself
            raise ValueError("no number")
    elif isinstance(value, dict):
        for name, inner in value.items():
            measured(name, depth)
            measured(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            measured(inner, depth + 1)


def _header(headers: Mapping[str, Any], name: str) -> str:
    value = headers.get(name, "")
    return str(value[0] if isinstance(value, list | tuple) and value else value or "")
