"""The only module that knows Stripe's library: verifying what comes from Stripe, and calling its API.

Nothing here takes a database session, and a call inside a write transaction is refused (design rule 4). The
library is loaded at the first call: it takes a while that `gantry --help` need not wait.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, cast

from bot.domain.stripe_signature import SignatureError, signer
from storage import leaving_the_machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import requests
    from pydantic import SecretStr
    from stripe import StripeClient

    from bot.setting_rules import Entry

TIMEOUT_SECONDS: Final = 10.0
MOST_PER_PAGE: Final = 100
Json = dict[str, Any]


class StripeError(Exception):
    """A call to Stripe brought no result; `code` is for rows and logs: it holds no value of the request.

    `request` is Stripe's id of the request (`req_…`), to quote when asking Stripe; empty without an answer.
    """

    def __init__(self, code: str, *, retry_after: float = 0.0, request: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.retry_after = retry_after
        self.request = request


class StripeAwayError(StripeError):
    """Stripe did not answer, or asked to come back later: the same call can be made again."""


class StripeRefusedError(StripeError):
    """Stripe refused the call: the same call will be refused again."""

    def __init__(self, code: str, *, status: int, param: str = "", request: str = "") -> None:
        super().__init__(code, request=request)
        self.status = status
        self.param = param


class NoKeyError(StripeRefusedError):
    """The settings hold no key for this platform and mode."""

    def __init__(self, *, livemode: bool) -> None:
        super().__init__(f"no_{'live' if livemode else 'test'}_key", status=0)


def verify(body: bytes, header: str, secrets: Sequence[Entry], wall: float) -> Entry:
    """Return the entry of the settings whose secret signed these bytes.

    Args:
        body: the bytes as they came; anything else breaks the signature.
        header: `Stripe-Signature`.
        secrets: all that may have signed: one per mode, two during a rotation.
        wall: Unix seconds; 300 seconds are tolerated both ways.

    Raises:
        SignatureError: none did; the text is the likely cause, for the log.
    """
    return secrets[signer(body, header, [entry.value.get_secret_value() for entry in secrets], wall)]


@dataclass(frozen=True)
class Whose:
    """On whose behalf a call is made: the platform of the settings, a connected account or `''`, the mode."""

    livemode: bool
    account: str = ""
    platform: str = ""


class StripeApi:
    """Calls Stripe with the key of each platform and mode.

    Args:
        key: returns the key for a mode and a platform, or None (`Settings.stripe_key`).
        origin: where Stripe's API is, without `/v1`.
        timeout: seconds for one call.
    """

    def __init__(
        self, key: Callable[[bool, str], SecretStr | None], origin: str, *, timeout: float = TIMEOUT_SECONDS
    ) -> None:
        self._key = key
        self._origin = origin
        self._timeout = timeout
        self._clients: dict[str, StripeClient] = {}
        self._sessions: list[requests.Session] = []
        self._lock = threading.Lock()

    def can_call(self, whose: Whose) -> bool:
        """Tell whether the settings hold a key for this platform and mode."""
        return self._key(whose.livemode, whose.platform) is not None

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        with self._lock:
            for session in self._sessions:
                session.close()
            self._clients.clear()
            self._sessions.clear()

    def get(self, whose: Whose, path: str, params: Mapping[str, Any] | None = None) -> Json:
        """Return what Stripe answers to a GET, as plain JSON values.

        Raises:
            StripeAwayError: no answer, an error of Stripe's, or too many calls.
            StripeRefusedError: Stripe will not.
        """
        return self._call(whose, "get", path, params or {}, {})

    def post(self, whose: Whose, path: str, params: Mapping[str, Any], *, key: str) -> Json:
        """Return what Stripe answers to a POST; `key` is the idempotency key: a second call has no effect.

        Raises:
            StripeAwayError: no answer, an error of Stripe's, or too many calls: it may have been done.
            StripeRefusedError: Stripe will not; nothing was done.
        """
        return self._call(whose, "post", path, params, {"idempotency_key": key})

    def upload(self, whose: Whose, purpose: str, name: str, content: bytes, *, key: str) -> str:
        """Give Stripe a file and return its id (`file_…`); with the same key it is the same file again.

        Raises:
            StripeAwayError: no answer, an error of Stripe's, or too many calls: it may have arrived.
            StripeRefusedError: Stripe will not.
        """
        leaving_the_machine("Stripe post files")
        client = self._client(whose)
        sent: Any = {"purpose": purpose, "file": _Named(name, content)}
        options: Any = {"idempotency_key": key}
        if whose.account:
            options["stripe_account"] = whose.account
        with _judged():
            return str(client.v1.files.create(params=sent, options=options).id)

    def pages(self, whose: Whose, path: str, params: Mapping[str, Any]) -> Iterator[list[Json]]:
        """Return a list page by page, each of at most 100 objects, as Stripe orders it; raises as `get`."""
        wanted = {"limit": MOST_PER_PAGE, **params}
        while True:
            answer = self.get(whose, path, wanted)
            found: list[Json] = answer.get("data") or []
            if found:
                yield found
            if not answer.get("has_more") or not found:
                return
            wanted = {**wanted, "starting_after": found[-1]["id"]}

    def _call(
        self, whose: Whose, method: str, path: str, params: Mapping[str, Any], options: Mapping[str, str]
    ) -> Json:
        leaving_the_machine(f"Stripe {method} {path.split('/')[2] if path.count('/') > 1 else path}")
        client = self._client(whose)
        if whose.account:
            options = {**options, "stripe_account": whose.account}
        with _judged():
            answer = client.raw_request(method, path, **params, **options)
        return cast("Json", answer.data)

    def _client(self, whose: Whose) -> StripeClient:
        key = self._key(whose.livemode, whose.platform)
        if key is None:
            raise NoKeyError(livemode=whose.livemode)
        secret = key.get_secret_value()
        with self._lock:
            if secret not in self._clients:
                self._clients[secret] = self._connect(secret)
            return self._clients[secret]

    def _connect(self, secret: str) -> StripeClient:
        import requests
        import stripe

        stripe.enable_telemetry = False
        session = requests.Session()  # one for all threads: it holds a pool of connections
        self._sessions.append(session)
        return stripe.StripeClient(
            secret,
            base_addresses={
                "api": self._origin,
                "files": _beside(self._origin, "files"),
                "connect": _beside(self._origin, "connect"),
                "meter_events": _beside(self._origin, "meter-events"),
            },
            max_network_retries=0,  # the rows say what is tried again, and when
            http_client=stripe.RequestsClient(timeout=self._timeout, session=session),
        )


class _Named(BytesIO):
    """Bytes with the name of a file, which is how Stripe's library takes them."""

    def __init__(self, name: str, content: bytes) -> None:
        super().__init__(content)
        self.name = name


@contextmanager
def _judged() -> Iterator[None]:
    """Say errors of Stripe's library as ours: can the same call be made again, or not?"""
    import stripe

    try:
        yield
    except stripe.APIConnectionError:
        raise StripeAwayError("no_answer") from None
    except stripe.RateLimitError as error:
        wait, request = _retry_after(error), str(error.request_id or "")
        raise StripeAwayError("rate_limited", retry_after=wait, request=request) from None
    except stripe.StripeError as error:
        raise _failure(error) from None


def _beside(origin: str, name: str) -> str:
    """Stripe has a host of its own for files and more; a local Stripe answers everything at one origin."""
    return origin.replace("//api.", f"//{name}.") if origin.endswith("//api.stripe.com") else origin


def _retry_after(error: Any) -> float:  # noqa: ANN401 - the library's error has no type for its headers
    headers = error.headers or {}
    value = str(headers.get("Retry-After") or headers.get("retry-after") or "")
    return float(value) if value.isdigit() else 0.0


def _failure(error: Any) -> StripeError:  # noqa: ANN401 - the library's error has no type for its status
    status = int(error.http_status or 0)
    told = (error.json_body or {}).get("error") or {}  # the library gives the code of some errors only
    code = str(told.get("code") or type(error).__name__)
    request = str(error.request_id or "")
    if not status or status == HTTPStatus.CONFLICT or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return StripeAwayError(f"http_{status}" if status else code, request=request)
    return StripeRefusedError(code, status=status, param=str(told.get("param") or ""), request=request)


__all__ = [
    "Json",
    "NoKeyError",
    "SignatureError",
    "StripeApi",
    "StripeAwayError",
    "StripeError",
    "StripeRefusedError",
    "Whose",
    "verify",
]
