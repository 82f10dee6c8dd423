"""A second Slack, written from Slack's documentation alone: it shares no code with the playground.

It differs where servers may differ: HTTP/1.0, a path before the method names, lower-case headers, warnings, only
the fields a client may rely on, and ids of an Enterprise organisation. It is strict about what it is asked.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import queue
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.other_server.sockets import APP_TOKEN, NotAcknowledgedError, Sockets

Json = dict[str, Any]
TEAM, CHANNEL, LEAD, MATE, BOT = "T9TK3CUKW", "C024BE91L", "W012A3CDE", "U2147483697", "U061F7AUR"
TOKEN, SECRET = "xoxb-17653672481-19874698323-pdFZKVeTuE8sk7oOcBrzbqgy", "8f742231b10e8888abcd99yyyzzz85a5"
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
PREFIX = "/slack/api/"

# Every argument that Slack documents for the methods a bot like this may call.
_WORDS = {
    "channel",
    "text",
    "blocks",
    "attachments",
    "thread_ts",
    "metadata",
    "parse",
    "link_names",
    "mrkdwn",
    "markdown_text",
}
ARGUMENTS = {
    "apps.connections.open": set(),
    "auth.test": set(),
    "chat.postMessage": _WORDS | {"reply_broadcast", "unfurl_links", "unfurl_media", "username", "icon_emoji", "icon_url"},
    "chat.update": _WORDS - {"thread_ts"} | {"ts", "reply_broadcast", "file_ids"},
    "chat.postEphemeral": _WORDS | {"user", "username", "icon_emoji", "icon_url"},
    "views.open": {"trigger_id", "view", "interactivity_pointer"},
    "views.push": {"trigger_id", "view", "interactivity_pointer"},
    "views.update": {"view", "view_id", "external_id", "hash"},
    "views.publish": {"user_id", "view", "hash"},
    "users.info": {"user", "include_locale"},
    "files.info": {"file", "count", "cursor", "limit", "page"},
}  # fmt: skip
READS = {"apps.connections.open", "auth.test", "users.info", "files.info"}


class OtherSlack:
    """Runs while the `with` block lasts; what the bot does wrong is collected in `wrong`.

    Requests go over HTTP to `bot`, or to a socket once the bot has asked for one.
    """

    def __init__(self) -> None:
        self.wrong: list[str] = []
        self.sockets = Sockets(self.wrong)
        self.events: list[threading.Thread] = []
        self.messages: dict[str, Json] = {}
        self.said: list[Json] = []
        self.views: queue.Queue[Json] = queue.Queue()
        self.fetched: list[str] = []
        self.redirect = ""
        self.bot = ""
        self._socket_mode = False
        self._number = 0
        self._lock = threading.Lock()
        slack = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                path = urlsplit(self.path).path
                if path.startswith("/reply/"):
                    slack.said.append(json.loads(body))
                    self.answer(b"ok", "text/html")
                    return
                self.answer(
                    json.dumps(slack.call(path, self.headers, body)).encode(),
                    "application/json; charset=utf-8",
                )

            def do_GET(self) -> None:
                if self.headers.get("authorization") != f"Bearer {TOKEN}":
                    slack.wrong.append(f"no token for {self.path}")
                slack.fetched.append(self.path)
                if self.path.endswith("redirect.pdf"):
                    self.send_response(302)
                    self.send_header("location", slack.redirect)
                    self.end_headers()
                    return
                self.answer(PDF, "binary/octet-stream")

            def answer(self, content: bytes, kind: str) -> None:
                self.send_response(200)
                self.send_header("content-type", kind)
                self.send_header("x-oauth-scopes", "chat:write,commands,files:read,users:read")
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._handler = Handler
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.api_url = f"{self.origin}{PREFIX}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.sockets.start()
        return self

    def __exit__(self, *_: object) -> None:
        for thread in self.events:
            thread.join()
        self.go_away()

    def go_away(self) -> None:
        """Answer nobody any more."""
        self._server.shutdown()
        self._server.server_close()
        self.sockets.stop()

    def come_back(self) -> None:
        """Answer again, at the same addresses, knowing everything."""
        self._server = ThreadingHTTPServer(self._server.server_address[:2], self._handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.sockets.start()

    def call(self, path: str, headers: Any, body: bytes) -> Json:
        """One call of the Web API."""
        method = path.removeprefix(PREFIX)
        kind = str(headers.get("content-type", "")).replace(" ", "").lower()
        wanted = APP_TOKEN if method == "apps.connections.open" else TOKEN
        if headers.get("authorization") != f"Bearer {wanted}":
            self.wrong.append(f"{method}: {headers.get('authorization')}")
            return {"ok": False, "error": "invalid_auth"}
        if method not in ARGUMENTS:
            self.wrong.append(f"{method} is not expected")
            return {"ok": False, "error": "unknown_method"}
        if kind == "application/json;charset=utf-8":
            given = json.loads(body or b"{}")
        elif method in READS and (kind.startswith("application/x-www-form-urlencoded") or not body):
            given = dict(parse_qsl(body.decode()))
        else:
            self.wrong.append(f"{method}: content type {kind}")
            return {"ok": False, "error": "invalid_post_type"}
        if unknown := set(given) - ARGUMENTS[method]:
            self.wrong.append(f"{method}: {unknown} is not documented")
        with self._lock:
            return getattr(self, "_" + method.replace(".", "_"))(given)

    def _auth_test(self, _: Json) -> Json:
        return {"ok": True, "url": "https://subarachnoid.slack.com/", "team": "Subarachnoid", "user": "gantry",
                "team_id": TEAM, "user_id": BOT, "bot_id": "BS4P1GK0M", "is_enterprise_install": False}  # fmt: skip

    def _apps_connections_open(self, _: Json) -> Json:
        self._socket_mode = True
        return {"ok": True, "url": self.sockets.url()}

    def _users_info(self, given: Json) -> Json:
        return {
            "ok": True,
            "user": {
                "id": given["user"],
                "team_id": TEAM,
                "name": "spengler",
                "deleted": False,
                "profile": {},
            },
        }

    def _files_info(self, given: Json) -> Json:
        return {
            "ok": True,
            "file": {
                "id": given["file"],
                "url_private": f"https://files.slack.com/files-pri/{TEAM}-{given['file']}/found.pdf",
            },
        }

    def _chat_postMessage(self, given: Json) -> Json:  # noqa: N802 - Slack's name
        if given.get("thread_ts") and given["thread_ts"] not in self.messages:
            return {"ok": False, "error": "thread_not_found"}
        self._number += 1
        ts = f"{int(time.time())}.{self._number:06d}"
        self.messages[ts] = given
        return {"ok": True, "channel": given["channel"], "ts": ts, "warning": "superfluous_charset",
                "response_metadata": {"warnings": ["superfluous_charset"]}}  # fmt: skip

    def _chat_update(self, given: Json) -> Json:
        if given["ts"] not in self.messages:
            return {"ok": False, "error": "message_not_found"}
        self.messages[given["ts"]] |= given
        return {"ok": True, "channel": given["channel"], "ts": given["ts"], "text": given.get("text", "")}

    def _chat_postEphemeral(self, given: Json) -> Json:  # noqa: N802 - Slack's name
        self.said.append(given)
        return {"ok": True, "message_ts": "1502210682.580145"}

    def _view(self, given: Json) -> Json:
        self._number += 1
        view = {**given["view"], "id": given.get("view_id") or f"VMHU10V{self._number}"}
        self.views.put(view)
        return {"ok": True, "view": {"id": view["id"], "type": view["type"]}}

    _views_open = _views_push = _views_update = _views_publish = _view

    def send(self, kind: str, payload: Json) -> Json:
        """Send a command or what somebody did, the way the bot listens; gives what it answers.

        Raises:
            NotAcknowledgedError: over a socket, nobody took it.
        """
        if self._socket_mode:
            return self.sockets.send(kind, payload)
        return self._post(payload if kind == "slash_commands" else {"payload": json.dumps(payload)})

    def event(self, inner: Json) -> Json:
        """Something happened: it is told in the background over a socket, again and again until it is taken."""
        with self._lock:
            self._number += 1
            said = {"type": "event_callback", "event_id": f"Ev0PV52K{self._number}", "event_time": int(time.time()),
                    "team_id": TEAM, "api_app_id": "A123456", "token": "one-long-verification-token", "event": inner,
                    "authorizations": [{"enterprise_id": "E0001", "team_id": TEAM, "user_id": BOT, "is_bot": True}]}  # fmt: skip

        def tell() -> None:
            for attempt in range(300):
                try:
                    self.sockets.send("event_callback", said, attempt)
                except NotAcknowledgedError:
                    time.sleep(0.2)
                else:
                    return
            self.wrong.append(f"never taken: {said['event_id']}")

        self.events.append(threading.Thread(target=tell, daemon=True))
        self.events[-1].start()
        return said

    def _post(self, form: Json) -> Json:
        body = urlencode(form).encode()
        stamp = f"{int(time.time())}"
        mac = hmac.new(SECRET.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
        asked = urllib.request.Request(f"{self.bot}/slack/events", body, {
            "content-type": "application/x-www-form-urlencoded", "x-slack-request-timestamp": stamp,
            "x-slack-signature": f"v0={mac}", "accept": "application/json,*/*", "user-agent": "Slackbot 1.0",
        })  # fmt: skip
        with urllib.request.urlopen(asked, timeout=10) as answer:
            content = answer.read()
        return json.loads(content) if content.startswith(b"{") else {}

    def command(self, said: str, user: str = LEAD) -> Json:
        """Somebody types a slash command."""
        word, _, text = said.partition(" ")
        return self.send("slash_commands", {"token": "gIkuvaNzQIHg97ATvDxqgjtO", "team_id": TEAM, "team_domain": "example", "enterprise_id": "E0001",
                          "enterprise_name": "Globular", "channel_id": CHANNEL, "channel_name": "test", "user_id": user,
                          "user_name": "steve", "command": word, "text": text, "trigger_id": self._trigger(),
                          "response_url": f"{self.origin}/reply/1234/5678", "api_app_id": "A123456"})  # fmt: skip

    def click(
        self, action_id: str, value: str, view: Json | None = None, ts: str = "", *, chosen: bool = False
    ) -> Json:
        """Somebody presses a button or chooses from a menu, in a form or in a message."""
        action: Json = {
            "type": "button",
            "action_id": action_id,
            "block_id": "=qXel",
            "value": value,
            "action_ts": "1548426417.84",
        }
        if chosen:
            action |= {
                "type": "static_select",
                "selected_option": {"text": {"type": "plain_text", "text": "x"}, "value": value},
            }
        body = {**self._body("block_actions"), "actions": [action]}
        if view is not None:
            return self._interact(
                {**body, "container": {"type": "view", "view_id": view["id"]}, "view": _returned(view, {})}
            )
        where = {"type": "message", "message_ts": ts, "channel_id": CHANNEL, "is_ephemeral": False}
        return self._interact({**body, "container": where, "channel": {"id": CHANNEL, "name": "test"},
                               "message": {"type": "message", "ts": ts, **self.messages[ts]}, "response_url": f"{self.origin}/reply/1/2"})  # fmt: skip

    def submit(self, view: Json, values: Json) -> Json:
        """Somebody sends a form."""
        return self._interact(
            {**self._body("view_submission"), "view": _returned(view, values), "response_urls": []}
        )

    def _interact(self, payload: Json) -> Json:
        return self.send(payload["type"], payload)

    def _body(self, kind: str) -> Json:
        return {"type": kind, "team": {"id": TEAM, "domain": "example"}, "user": {"id": LEAD, "name": "steve"},
                "api_app_id": "A123456", "token": "Nj2rfC2hU8mAfgaJLemZgO7H", "trigger_id": self._trigger(),
                "enterprise": {"id": "E0001", "name": "Globular"}, "is_enterprise_install": False}  # fmt: skip

    def _trigger(self) -> str:
        self._number += 1
        return f"13345224609.738474920.8088930838d88f008e{self._number}"


def _returned(view: Json, values: Json) -> Json:
    return {"hash": f"156772938.{time.monotonic_ns()}", **view, "team_id": TEAM, "state": {"values": values},
            "app_installed_team_id": TEAM, "bot_id": "BS4P1GK0M"}  # fmt: skip
