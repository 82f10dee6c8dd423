"""The only module that calls Slack: messages, views, people, files; rates, timeouts and the host rule."""

import json
import logging
import ssl
import urllib.error
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urljoin, urlsplit, urlunsplit

import httpx
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from storage import leaving_the_machine

SLACK_HOST: Final = "slack.com"
DEFAULT_URL: Final = "https://slack.com/api/"
TIMEOUT_SECONDS: Final = 10
UPLOAD_SECONDS: Final = 60
PERSON_TIMEOUT_SECONDS: Final = 1
LARGEST_FILE: Final = 10 * 1024 * 1024
EVENT_TYPE: Final = "gantry_message"
"""The kind of metadata that our messages carry: the number of their outbox row, and nothing else."""
_REDIRECTS: Final = 3
_MAYBE_DONE: Final = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
_log: Final = logging.getLogger(__name__)


class SlackError(Exception):
    """Slack did not do what was asked. `code` is Slack's own word for it."""

    def __init__(self, method: str, code: str) -> None:
        super().__init__(f"{method}: {code}")
        self.method = method
        self.code = code


class SlackRefusedError(SlackError):
    """Slack answered no, and nothing was done. `needed` names a missing scope."""

    def __init__(self, method: str, code: str, needed: str = "") -> None:
        super().__init__(method, code)
        self.needed = needed


class SlackBusyError(SlackError):
    """Slack asks to wait `retry_after` seconds before this method is called again."""

    def __init__(self, method: str, retry_after: float) -> None:
        super().__init__(method, "ratelimited")
        self.retry_after = retry_after


class SlackUnreachableError(SlackError):
    """No connection came about: nothing was done, trying again is safe."""


class SlackUnclearError(SlackError):
    """The reply was lost, or says neither yes nor no: the call may have been done."""


class DownloadError(Exception):
    """A file could not be fetched; `code` says why (one of `evidence.error.*`)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Download:
    """Bytes of a file and the type its server names."""

    content: bytes
    mimetype: str


class SlackApi:
    """Slack's Web API for one workspace. Safe to use from many threads; building it calls nothing."""

    def __init__(self, token: str, base_url: str = DEFAULT_URL, *, timeout: float = TIMEOUT_SECONDS) -> None:
        self._token = token
        self.base_url = base_url
        self._timeout = timeout

    def client(self) -> WebClient:
        """Return a client for Bolt, with the same address and without blind retries."""
        return self._client(self._timeout)

    def auth_test(self) -> dict[str, Any]:
        """Return who we are (`team_id`, `user_id`, `bot_id`, `url`, `team`), with `scopes` as a list."""
        with _slack("auth.test"):
            answer = self._client(self._timeout).auth_test()
        scopes = answer.headers.get("x-oauth-scopes", answer.headers.get("X-OAuth-Scopes", ""))
        date = answer.headers.get("date", answer.headers.get("Date", ""))
        data = dict(answer.data) if isinstance(answer.data, dict) else {}
        return {**data, "scopes": [part.strip() for part in scopes.split(",") if part.strip()], "date": date}

    def call(self, method: str, *, timeout: float | None = None, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - Slack's JSON
        """Call a method with JSON arguments and return its answer.

        Raises:
            SlackRefusedError: Slack said no; nothing was done.
            SlackBusyError: too many calls; nothing was done.
            SlackUnreachableError: no connection; nothing was done.
            SlackUnclearError: it may have been done.
        """
        with _slack(method):
            answer = self._client(timeout or self._timeout).api_call(method, json=arguments)
        return dict(answer.data) if isinstance(answer.data, dict) else {}

    def read(self, method: str, *, timeout: float | None = None, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - Slack's JSON
        """Call a method that only reads; Slack takes its arguments as a form. Raises as `call` does."""
        with _slack(method):
            answer = self._client(timeout or self._timeout).api_call(method, params=arguments)
        return dict(answer.data) if isinstance(answer.data, dict) else {}

    def post(
        self, channel: str, message: Mapping[str, Any], *, thread_ts: str = "", number: int
    ) -> dict[str, Any]:
        """Post a message; links are not unfolded and what people typed is not parsed.

        `number` is that of its outbox row, by which it can be found again.
        """
        metadata = {"event_type": EVENT_TYPE, "event_payload": {"id": number}}
        arguments = {
            "channel": channel,
            "unfurl_links": False,
            "unfurl_media": False,
            "metadata": metadata,
            **message,
        }
        if thread_ts:
            arguments["thread_ts"] = thread_ts
        return self.call("chat.postMessage", **arguments)

    def update(self, channel: str, ts: str, message: Mapping[str, Any]) -> dict[str, Any]:
        """Edit a message of ours."""
        return self.call("chat.update", channel=channel, ts=ts, **message)

    def whisper(
        self, channel: str, user: str, message: Mapping[str, Any], *, thread_ts: str = ""
    ) -> dict[str, Any]:
        """Show a message to one person in a channel; Slack does not keep it."""
        arguments = {"channel": channel, "user": user, **message}
        if thread_ts:
            arguments["thread_ts"] = thread_ts
        return self.call("chat.postEphemeral", **arguments)

    def publish(self, user: str, view: Mapping[str, Any], *, hash_: str = "") -> dict[str, Any]:
        """Show a page in somebody's Home tab; the answer's `view` has the `hash` of what Slack holds now.

        With the `hash_` of the page it replaces, Slack refuses (`hash_conflict`) when it holds another one.
        """
        more: dict[str, Any] = {"hash": hash_} if hash_ else {}
        return self.call("views.publish", user_id=user, view=dict(view), **more)

    def respond(
        self, url: str, message: Mapping[str, Any], *, thread_ts: str = "", replaces: bool = False
    ) -> None:
        """Answer through the `response_url` of a request: only the person sees it. Raises as `call` does.

        With `replaces` it takes the place of the message whose button was clicked.
        """
        body = {"response_type": "ephemeral", "replace_original": replaces, **message}
        if thread_ts:
            body["thread_ts"] = thread_ts
        with _slack("response_url"):
            client = WebhookClient(
                url,
                timeout=int(self._timeout),
                ssl=self._tls if url.startswith("https:") else None,
                retry_handlers=[],
            )
            answer = client.send_dict(body)
        if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            raise SlackBusyError("response_url", _seconds(answer.headers.get("retry-after", "1")))
        if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise SlackUnclearError("response_url", f"http_{answer.status_code}")
        if answer.status_code != HTTPStatus.OK:
            raise SlackRefusedError("response_url", "expired_url")

    def person(self, user: str, *, timeout: float = TIMEOUT_SECONDS) -> dict[str, Any]:
        """Return Slack's `user` object with its locale and zone."""
        answer = self.read("users.info", timeout=timeout, user=user, include_locale="true")
        found = answer.get("user")
        return found if isinstance(found, dict) else {}

    def channel(self, channel: str, *, timeout: float = TIMEOUT_SECONDS) -> dict[str, Any]:
        """Return Slack's `channel` object: kind, sharing, membership. Raises as `call` does."""
        found = self.read("conversations.info", timeout=timeout, channel=channel).get("channel")
        return found if isinstance(found, dict) else {}

    def members(self, channel: str, most: int) -> list[str] | None:
        """Return who is in a channel; None when they are more than `most`. Raises as `call` does."""
        answer = self.read("conversations.members", channel=channel, limit=most)
        more = (answer.get("response_metadata") or {}).get("next_cursor")
        found = answer.get("members")
        return None if more or not isinstance(found, list) else [str(user) for user in found]

    def download(self, url: str, *, largest: int = LARGEST_FILE) -> Download:
        """Fetch a file with the bot's token, which goes to Slack's own hosts only.

        Raises:
            DownloadError: too large, refused, another host, or not reachable.
        """
        leaving_the_machine("a download")
        address = self.file_address(url)
        origin = urlsplit(address)[:2]  # scheme and host: the token never travels in the clear either
        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            with httpx.Client(verify=self._tls, timeout=self._timeout) as client:
                for _ in range(_REDIRECTS):
                    with client.stream("GET", address, headers=headers) as answer:
                        if not answer.is_redirect:
                            return _read(answer, largest)
                        address = urljoin(address, answer.headers.get("location", ""))
                    if urlsplit(address)[:2] != origin:
                        raise DownloadError("other_host")
        except (ValueError, httpx.InvalidURL):  # no address at all
            raise DownloadError("other_host") from None
        except httpx.HTTPError as error:
            _log.warning("download failed: %s", type(error).__name__)
            raise DownloadError("unreachable") from error
        raise DownloadError("other_host")

    def upload(self, name: str, content: bytes, *, alt: str = "") -> str:
        """Hand bytes to Slack and return the id of the file, which nobody sees yet.

        `alt` says in words what an image shows, for who cannot see it. An upload that is never shared is
        thrown away by Slack, so any failure here may be tried again.
        Raises as `call` does.
        """
        more: dict[str, Any] = {"alt_txt": alt} if alt else {}
        place = self.read("files.getUploadURLExternal", filename=name, length=len(content), **more)
        with _slack("upload_url"):
            # The address carries its own secret and is used as given; the token does not travel with it.
            try:
                address = str(place["upload_url"])
                answer = httpx.post(address, content=content, timeout=UPLOAD_SECONDS, verify=self._tls)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise SlackUnclearError("upload_url", type(error).__name__) from error
        if answer.status_code != HTTPStatus.OK:
            raise SlackUnclearError("upload_url", f"http_{answer.status_code}")
        return str(place["file_id"])

    def share(self, file: str, title: str, *, channel: str, thread_ts: str, comment: str) -> None:
        """Show an uploaded file in a thread, or without `thread_ts` in a conversation.

        Slack takes this once for each upload. Raises as `call` does.
        """
        where: dict[str, Any] = {"channel_id": channel, **({"thread_ts": thread_ts} if thread_ts else {})}
        self.read(
            "files.completeUploadExternal",
            files=json.dumps([{"id": file, "title": title}]),
            initial_comment=comment,
            **where,
        )

    def is_shared(self, file: str, channel: str) -> bool:
        """Tell whether a file of ours is shown in a channel; one that Slack threw away is not.

        Raises as `call` does.
        """
        try:
            found = self.read("files.info", file=file).get("file") or {}
        except SlackRefusedError as error:
            if error.code in {"file_not_found", "file_deleted"}:
                return False
            raise
        shares = found.get("shares") or {}
        places = {name for kind in shares.values() for name in kind}
        listed = (found.get(kind) or () for kind in ("channels", "groups", "ims"))
        return channel in places.union(*listed)

    def conversation(self, user: str) -> str:
        """Return the id of somebody's conversation with the bot, opened where there was none.

        Files need it: other than messages, they cannot be sent to a person's own id. Raises as `call` does.
        """
        return str(self.call("conversations.open", users=user)["channel"]["id"])

    def file_address(self, url: str) -> str:
        """Return the address a file is fetched from.

        Raises:
            DownloadError: the address is at a host that must not see the token.
        """
        try:
            wanted, api = urlsplit(url), urlsplit(self.base_url)
        except ValueError:  # no address at all
            raise DownloadError("other_host") from None
        at_slack = wanted.hostname is not None and (
            wanted.hostname == SLACK_HOST or wanted.hostname.endswith(f".{SLACK_HOST}")
        )
        own_api = api.hostname != SLACK_HOST and not (api.hostname or "").endswith(f".{SLACK_HOST}")
        if own_api and (wanted.netloc == api.netloc or at_slack):
            return urlunsplit((api.scheme, api.netloc, wanted.path, wanted.query, ""))
        if not own_api and at_slack and wanted.scheme == "https":
            return url
        raise DownloadError("other_host")

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """The authorities we trust. Reading them takes some 10 ms: once, not at every call."""
        return ssl.create_default_context()

    def _client(self, timeout: float) -> WebClient:
        # A client keeps no connection, so one for each call costs little and is safe in every thread.
        return WebClient(
            token=self._token,
            base_url=self.base_url,
            timeout=max(1, int(timeout)),
            ssl=self._tls if self.base_url.startswith("https:") else None,
            retry_handlers=[],
        )


def _read(answer: httpx.Response, largest: int) -> Download:
    if answer.status_code != HTTPStatus.OK:
        raise DownloadError("refused")
    parts, size = [], 0
    for part in answer.iter_bytes():
        size += len(part)
        if size > largest:
            raise DownloadError("too_large")
        parts.append(part)
    mimetype = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Download(b"".join(parts), mimetype)


def _seconds(text: str) -> float:
    try:
        return max(0.0, float(text))
    except ValueError:
        return 1.0


@contextmanager
def _slack(method: str) -> Iterator[None]:
    """Turn what the SDK raises into our four kinds of failure."""
    leaving_the_machine(method)
    try:
        yield
    except SlackApiError as error:
        raise _judged(method, error) from None
    except urllib.error.URLError as error:
        refused = isinstance(error.reason, ConnectionRefusedError | OSError) and not isinstance(
            error.reason, TimeoutError | ConnectionResetError | BrokenPipeError | ssl.SSLError
        )
        kind = SlackUnreachableError if refused else SlackUnclearError
        raise kind(method, type(error.reason).__name__) from None
    except (TimeoutError, ConnectionError, OSError, json.JSONDecodeError) as error:
        raise SlackUnclearError(method, type(error).__name__) from None
    except Exception as error:  # http.client raises its own kinds when a reply breaks off
        if type(error).__module__.startswith("http"):
            raise SlackUnclearError(method, type(error).__name__) from None
        raise


def _judged(method: str, error: SlackApiError) -> SlackError:
    response = error.response
    status = getattr(response, "status_code", 0)
    data = getattr(response, "data", {})
    if isinstance(response, dict):
        data, status = response, int(response.get("status", 0))
    code = str(data.get("error", "")) if isinstance(data, dict) else ""
    headers = getattr(response, "headers", {}) or {}
    if status == HTTPStatus.TOO_MANY_REQUESTS or code in {"ratelimited", "rate_limited"}:
        after = headers.get("Retry-After", headers.get("retry-after", "1"))
        return SlackBusyError(method, _seconds(after[0] if isinstance(after, list) else after))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or not code or code in _MAYBE_DONE:
        return SlackUnclearError(method, code or f"http_{status}")
    return SlackRefusedError(method, code, str(data.get("needed", "")))
