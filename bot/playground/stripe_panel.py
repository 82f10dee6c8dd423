"""The page's panel of the local Stripe, under `/play/stripe`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from bot.playground.control import answering, body
from bot.playground.errors import PlayError
from bot.playground.stripe.errors import StripeProblem
from bot.playground.stripe.swipe import Purchase

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from bot.playground.control import Handler
    from bot.playground.identity import Json
    from bot.playground.play import Play
    from bot.playground.till import Till


def _till(play: Play) -> Till:
    if play.till is None:
        raise PlayError("This playground has no Stripe.")
    return play.till


async def shown(play: Play, _request: Request) -> Json:
    """Cards, purchases and faults."""
    return _till(play).shape()


async def swiped(play: Play, request: Request) -> Json:
    """Swipes a card; the answer holds the purchase."""
    told = await body(request)
    amount = told["amount"]
    try:
        bought = Purchase(
            card=str(told["card"]),
            amount=amount if type(amount) is int else 0,
            merchant=str(told["merchant"]),
            category=str(told["category"]),
            country=str(told["country"]).upper(),
            method=str(told["method"]),
        )
    except StripeProblem as problem:
        raise PlayError(str(problem)) from None
    one = await _till(play).swipe(bought)
    shape = _till(play).shape()
    return {**shape, "purchase": next(each for each in shape["swiped"] if each["id"] == one.id)}


async def after(play: Play, request: Request) -> Json:
    """Captures, reverses or refunds a purchase."""
    told = await body(request)
    _till(play).after(str(told["id"]), str(told["do"]))
    return _till(play).shape()


async def acted(play: Play, request: Request) -> Json:
    """Ships, delivers, activates a card, puts it into a wallet, or warns of fraud."""
    told = await body(request)
    _till(play).act(str(told["card"]), str(told["do"]))
    return _till(play).shape()


async def issued(play: Play, request: Request) -> Json:
    """Makes a cardholder and a card."""
    told = await body(request)
    made = _till(play).issue(str(told["name"]), str(told["type"]))
    return {**_till(play).shape(), "card": made["id"]}


async def fault(play: Play, request: Request) -> Json:
    """Switches a fault of Stripe's."""
    told = await body(request)
    _till(play).fault(str(told["name"]), on=bool(told["on"]))
    return _till(play).shape()


def routes() -> list[BaseRoute]:
    """What the panel asks and does."""
    post: dict[str, Handler] = {
        "/play/stripe/swipe": swiped,
        "/play/stripe/after": after,
        "/play/stripe/card": issued,
        "/play/stripe/act": acted,
        "/play/stripe/fault": fault,
    }
    return [
        Route("/play/stripe", answering(shown)),
        *(Route(path, answering(handler), methods=["POST"]) for path, handler in post.items()),
    ]
