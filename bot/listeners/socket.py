"""Socket Mode: envelopes in, acknowledgements out, and a connection that is opened again when it is lost.

Source of the protocol: https://docs.slack.dev/apis/events-api/using-socket-mode.
"""

import logging
import threading
from http import HTTPStatus
from typing import Any, Final

from slack_bolt import BoltRequest, BoltResponse
from slack_bolt.adapter.socket_mode.internals import send_response
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.websocket_client import SocketModeClient
from websocket import WebSocketApp

from bot.listeners import gate
from bot.listeners.desk import Desk, error_number
from bot.slack_api import SlackError
from bot.views.failure import failure

THREADS: Final = 64
RETRY_SECONDS: Final = 2.0
PING_SECONDS: Final = 3.0
"""How often the connection is tried, and a lost one opened again."""
PONG_SECONDS: Final = 2.0
"""How long the answer to a ping may take; also how soon the SDK leaves a connection that was replaced."""
_log: Final = logging.getLogger(__name__)


class Envelopes:
    """Answers one envelope after the other; what is wrong with one never keeps the next from being heard.

    What could be recorded is acknowledged; what could not (a 5xx) is not, so that Slack repeats an event and
    a person sees that their click failed. What is not of Slack's shape is acknowledged, since sending it
    again helps nobody, and the person reads an id where an answer can carry one.
    """

    def __init__(self, bolt: Any, desk: Desk) -> None:  # noqa: ANN401 - Bolt's App has no types
        self._bolt = bolt
        self._desk = desk

    def hear(self, client: Any, message: dict[str, Any], _: str | None = None) -> None:  # noqa: ANN401 - the SDK's
        """Answer one message of Slack, through the client that heard it."""
        if "envelope_id" not in message:
            return  # hello and the like
        kind = str(message.get("type"))
        if not isinstance(message["envelope_id"], str):
            _log.warning("an envelope without an id cannot be answered")
            return
        try:
            payload = gate.documented(message.get("payload"))
        except gate.NotAdmittedError as error:
            answer = self._refused(kind, message.get("payload"), error.reason)
        else:
            answered = self._answered(payload)
            if answered.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                return
            answer = answered
            if answered.status != HTTPStatus.OK:
                answer = self._refused(kind, payload, f"status {answered.status}")
        try:
            request = SocketModeRequest(kind, message["envelope_id"], {})
            send_response(client, request, answer, self._desk.clock.wall().timestamp())
        except Exception as error:  # noqa: BLE001 - the connection ended meanwhile: as if nothing had been said
            _log.warning("Socket Mode: an acknowledgement did not leave (%s)", type(error).__name__)

    def _answered(self, payload: dict[str, Any]) -> BoltResponse:
        try:
            with self._desk.attending(payload):
                answered: BoltResponse = self._bolt.dispatch(BoltRequest(body=payload, mode="socket_mode"))
        except Exception:  # noqa: BLE001 - no acknowledgement: Slack says so to the person, or repeats the event
            _log.exception("an envelope failed")
            return BoltResponse(status=HTTPStatus.INTERNAL_SERVER_ERROR)
        return answered

    def _refused(self, kind: str, payload: object, reason: str) -> BoltResponse:
        """Write down that an envelope was refused; give what its acknowledgement says to the person."""
        number = error_number()
        _log.warning("%s: an envelope is not what Slack documents, and was refused (%s)", number, reason)
        what = payload.get("type") if isinstance(payload, dict) else None
        language = self._desk.defaults.language
        facts = {"key": "error.unexpected", "values": {"number": number}}
        if kind == "slash_commands":
            words = self._desk.render("failure", language, facts)
            return _ok({"response_type": "ephemeral", **words})
        if kind == "interactive" and what == "view_submission":
            # An acknowledgement alone would close the form, and closed means saved.
            return _ok({"response_action": "push", "view": failure(language, facts)})
        if kind == "interactive" and what == "block_suggestion":
            return _ok({"options": []})
        url = payload.get("response_url") if isinstance(payload, dict) else None
        if kind == "interactive" and isinstance(url, str):
            self._desk.views.submit(self._respond, url, facts)
        return _ok()

    def _respond(self, url: str, facts: dict[str, Any]) -> None:
        try:
            self._desk.slack.respond(url, self._desk.render("failure", self._desk.defaults.language, facts))
        except (SlackError, ValueError) as error:  # a ValueError is an address that is none
            _log.warning("nobody could be told: %s", type(error).__name__)


class Socket:
    """Hears Slack through a WebSocket; building it starts threads of the SDK and opens no connection."""

    def __init__(self, bolt: Any, desk: Desk, app_token: str) -> None:  # noqa: ANN401 - Bolt's App has no types
        self._client = _Client(
            app_token=app_token,
            logger=logging.getLogger("slack_sdk.socket_mode"),
            web_client=bolt.client,
            ping_interval=PING_SECONDS,
            concurrency=THREADS,
            on_error_listeners=[_leave],
        )
        self._client.message_listeners.append(Envelopes(bolt, desk).hear)

    def start(self) -> None:
        """Connect on a thread of its own, again and again until it works once; from then on the SDK does."""
        threading.Thread(target=self._connect, daemon=True, name="socket-mode").start()

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _connect(self) -> None:
        while not self._client.closed:
            try:
                self._client.connect()
            except Exception as error:  # noqa: BLE001 - the SDK raises many kinds; each means: later
                _log.warning("Socket Mode: no connection yet (%s)", type(error).__name__)
                threading.Event().wait(RETRY_SECONDS)
            else:
                return


def _leave(session: WebSocketApp, _: Exception) -> None:
    """Let go of a broken connection; saying goodbye to a line that is dead would take three seconds more."""
    if session.sock is not None:
        session.sock.shutdown()  # type: ignore[no-untyped-call]


def _ok(body: dict[str, Any] | None = None) -> BoltResponse:
    return BoltResponse(status=HTTPStatus.OK, body=body or "")


class _Client(SocketModeClient):
    """The SDK's client, but it notices a missing pong, and leaves a connection that it has closed at once."""

    def _run_current_session(self) -> None:
        session = self.current_session
        if session is None:
            return
        try:
            session.run_forever(ping_interval=PING_SECONDS, ping_timeout=PONG_SECONDS)
        except Exception as error:  # noqa: BLE001 - the monitor opens another one
            _log.warning("Socket Mode: a connection ended (%s)", type(error).__name__)
            session.close()
