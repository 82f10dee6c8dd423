"""How the local Stripe says no: in Stripe's own shape."""

from __future__ import annotations

from typing import Any


class StripeProblem(Exception):  # noqa: N818 - Stripe's word for it is taken by the library's errors
    """A refusal; `body` is what Stripe would answer (https://docs.stripe.com/api/errors)."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str = "",
        param: str = "",
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        error: dict[str, Any] = {"message": message, "type": kind}
        if code:
            error["code"] = code
            error["doc_url"] = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"
        if param:
            error["param"] = param
        self.body = {"error": error}


def missing(kind: str, object_id: str) -> StripeProblem:
    """Nothing has this id."""
    return StripeProblem(f"No such {kind}: '{object_id}'", status=404, code="resource_missing", param="id")
