"""The forms of a lost card: search, revoke, order a new card; and the page with holder and purchases."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from bot import text
from bot.domain import lost_card as rules
from bot.text import Mrkdwn
from bot.views import block, form, lost_card
from bot.views.block import Json
from bot.views.lost_notice import wallet

Facts = Mapping[str, Any]
SEARCHING: Final = "searching"
TYPES: Final = ("virtual", "physical", "none")
MERCHANTS: Final = ("kept", "fresh")
PLACES: Final = ("on_file", "another")
ADDRESS: Final = ("name", "line1", "line2", "city", "state", "postal_code", "country")
OPTIONAL: Final = ("line2", "state")


def search(
    language: str,
    facts: Facts,
    private: Mapping[str, object],
    *,
    found: Sequence[Facts] = (),
) -> Json:
    """Return the form that finds a card and freezes it; a card that is found already is chosen."""
    chosen = option(language, found[0]) if len(found) == 1 else None
    blocks = [block.section(text.mrkdwn(language, "lost.search_about"))]
    if facts["reading"]:
        blocks.append(block.section(text.mrkdwn(language, "lost.reading")))
    if len(found) > 1:
        blocks.append(block.section(Mrkdwn("\n".join(lost_card.about(language, one) for one in found[:10]))))
    key = "lost.search_names" if facts["names"] else "lost.search_last4"
    blocks.append(
        form.input(
            text.say(language, "lost.search_card"),
            form.external_select(
                "lost.card", least=1, initial=chosen, placeholder=text.say(language, "lost.search_type")
            ),
            "card",
            hint=text.say(language, key),
        )
    )
    return form.modal(
        text.say(language, "lost.search_title"),
        blocks,
        callback_id="lost.freeze",
        submit=text.say(language, "button.freeze_card"),
        close=text.say(language, "form.cancel"),
        private_metadata=private,
    )


def option(language: str, one: Facts) -> Json:
    """Return a card as a choice: last four, holder, type, and when it was last used."""
    name = text.say(language, "lost.option", last4=one["last4"] or "????", holder=one["holder"] or "…")
    if not one["livemode"]:
        name = text.say(language, "lost.option_test", card=name)
    known = one["type"] if text.has(f"lost_type.{one['type']}") else "other"
    what = text.plain(language, "lost.kind_canceled" if one["status"] == "canceled" else f"lost_type.{known}")
    used = text.say(language, "lost.never_used")
    if one["used"]:
        day = text.date(language, datetime.fromisoformat(one["used"]).date())
        used = text.say(language, "lost.used_on", date=day)
    return form.option(name, one["card"], text.say(language, "lost.option_more", what=what, used=used))


def searching(language: str) -> Json:
    """Return the choice that says that Stripe is still being asked."""
    return form.option(text.say(language, "lost.searching"), SEARCHING)


def revoke(language: str, facts: Facts, place: Mapping[str, object]) -> Json:
    """Return the form that revokes a card for good."""
    whom = {"card": lost_card.title(language, facts), "holder": facts["holder"]}
    key = "lost.revoke_about" if facts["holder"] else "lost.revoke_about_card"
    blocks: list[Json] = [
        block.section(text.mrkdwn(language, key, **whom)),
        form.input(
            text.say(language, "lost.revoke_kind"),
            form.radio(
                "kind", [form.option(text.say(language, f"lost_kind.{one}"), one) for one in rules.KINDS]
            ),
            "kind",
        ),
    ]
    if facts["reason"]:
        blocks.append(
            form.input(
                text.say(language, "lost.revoke_why"),
                form.text_input("why", multiline=True, most=1000),
                "why",
                hint=text.say(language, "lost.revoke_why_hint"),
            )
        )
    return form.modal(
        text.say(language, "lost.revoke_title"),
        blocks,
        callback_id="lost.revoke",
        submit=text.say(language, "button.revoke_card"),
        close=text.say(language, "form.cancel"),
        private_metadata={"case": facts["id"], **place},
    )


def replacement(language: str, facts: Facts, place: Mapping[str, object]) -> Json:
    """Return the form that orders a new card, or says that there will be none."""
    kinds = [form.option(text.say(language, f"lost_new.{one}"), one) for one in TYPES]
    merchants = [
        form.option(text.say(language, f"lost_new.{one}"), one, text.say(language, f"lost_new.{one}_more"))
        for one in MERCHANTS
    ]
    known = facts["address"] and facts["holder"]
    places = [
        form.option(text.say(language, f"lost_place.{one}"), one) for one in (PLACES if known else PLACES[1:])
    ]
    speeds = [form.option(text.say(language, f"lost_speed.{one}"), one) for one in rules.SHIPPING]
    hint = text.say(language, "lost.on_file", address=short(facts["address"])) if known else None
    blocks = [
        block.section(Mrkdwn("\n".join(_taken_over(language, facts)))),
        form.input(
            text.say(language, "lost.replace_type"),
            form.radio("type", kinds, initial="physical" if facts["type"] == "physical" else "virtual"),
            "type",
        ),
        form.input(
            text.say(language, "lost.replace_merchants"),
            form.radio("merchants", merchants, initial="kept"),
            "merchants",
            hint=text.say(language, "lost.replace_merchants_hint"),
        ),
        form.input(
            text.say(language, "lost.replace_where"),
            form.radio("where", places, initial=PLACES[0] if known else PLACES[1]),
            "where",
            hint=hint,
        ),
        form.input(
            text.say(language, "lost.replace_speed"),
            form.select("speed", speeds, initial="standard"),
            "speed",
        ),
    ]
    return form.modal(
        text.say(language, "lost.replace_title"),
        blocks,
        callback_id="lost.replace",
        submit=text.say(language, "button.next_page"),
        close=text.say(language, "form.cancel"),
        private_metadata={"case": facts["id"], **place},
    )


def _taken_over(language: str, facts: Facts) -> list[Mrkdwn]:
    """Return what the new card takes over and what it cannot, before anybody orders it."""
    physical = "physical" if facts["type"] == "physical" else "virtual"
    return [
        text.mrkdwn(language, "lost.replace_about", card=lost_card.title(language, facts)),
        text.mrkdwn(language, f"lost.replace_same_{physical}"),
        text.mrkdwn(language, f"lost.replace_new_{physical}"),
    ]


def address(language: str, private: Mapping[str, object]) -> Json:
    """Return the form that asks where the new card goes."""
    blocks = [block.section(text.mrkdwn(language, "lost.address_about"))]
    for name in ADDRESS:
        hint = text.say(language, "lost_address.country_hint") if name == "country" else None
        blocks.append(
            form.input(
                text.say(language, f"lost_address.{name}"),
                form.text_input(name, most=2 if name == "country" else 150),
                name,
                optional=name in OPTIONAL,
                hint=hint,
            )
        )
    return form.modal(
        text.say(language, "lost.address_title"),
        blocks,
        callback_id="lost.ship",
        submit=text.say(language, "button.order_card"),
        close=text.say(language, "form.cancel"),
        private_metadata=private,
    )


def short(found: Mapping[str, str]) -> str:
    """Return an address in short."""
    place = " ".join(found[name] for name in ("postal_code", "city") if found.get(name))
    return ", ".join(part for part in (found.get("line1", ""), place, found.get("country", "")) if part)


def details(language: str, facts: Facts) -> Json:
    """Return the page for support and operators."""
    blocks: list[Json] = [block.section(Mrkdwn("\n".join(_head(language, facts))))]
    about = [text.mrkdwn(language, "lost.holder", holder=facts["holder"] or "…", card=lost_card.link(facts))]
    if facts["address"]:
        about.append(text.mrkdwn(language, "lost.on_file", address=short(facts["address"])))
    blocks.append(block.section(Mrkdwn("\n".join(about))))
    found = lost_card.buttons(language, facts) if facts["state"] else lost_card.card_buttons(language, facts)
    found = found[:-1]  # the last one opens this page
    if found:
        blocks.append(block.actions(*found))
    blocks += _pending(language, facts) + _purchases(language, facts) + _wallets(language, facts)
    return form.modal(
        text.say(language, "lost.details_title"),
        blocks,
        callback_id="lost.details",
        close=text.say(language, "form.close"),
        private_metadata={"card": facts["card"]},
    )


def _head(language: str, facts: Facts) -> list[Mrkdwn]:
    card = lost_card.title(language, facts)
    if facts["state"]:
        head = text.mrkdwn(language, f"lost.head_{facts['state']}", card=card, ref=facts["ref"])
        return [head, *lost_card.state(language, facts)]
    known = facts["status"] if text.has(f"card.status.{facts['status']}") else "other"
    said = text.mrkdwn(language, f"card.status.{known}", status=facts["status"])
    return [text.mrkdwn(language, "card.line", card=card, status=said)]


def _spent(language: str, key: str, one: Facts) -> Mrkdwn:
    return text.mrkdwn(
        language,
        key,
        amount=text.money(language, one["amount"], one["currency"]),
        merchant=one["merchant"] or "…",
        at=lost_card.at(language, one["at"]),
    )


def _pending(language: str, facts: Facts) -> list[Json]:
    if not facts["pending_list"]:
        return []
    lines = [_spent(language, "lost.spent", one) for one in facts["pending_list"]]
    warning = text.mrkdwn(language, "lost.pending", count=facts["pending"])
    return [block.divider(), block.section(Mrkdwn("\n".join([warning, *lines])))]


def _purchases(language: str, facts: Facts) -> list[Json]:
    if not facts["purchases"]:
        return [block.divider(), block.section(text.mrkdwn(language, "lost.no_purchases"))]
    blocks: list[Json] = [block.divider(), block.section(text.mrkdwn(language, "lost.purchases"))]
    for one in facts["purchases"]:
        words = _spent(language, "lost.spent_disputed" if one["dispute"] else "lost.spent", one)
        ask = None
        if facts["can_dispute"] and not one["dispute"]:
            label = text.say(language, "button.dispute_this")
            ask = block.button(label, f"dispute.new:{one['id']}", f"{one['id']} fraudulent")
        blocks.append(block.section(words, accessory=ask))
    return blocks


def _wallets(language: str, facts: Facts) -> list[Json]:
    if not facts["tokens"]:
        return []
    blocks: list[Json] = [block.divider(), block.section(text.mrkdwn(language, "lost.wallets"))]
    for one in facts["tokens"]:
        known = one["status"] if text.has(f"lost_wallet_state.{one['status']}") else "other"
        said = text.mrkdwn(
            language,
            "lost.wallet",
            wallet=wallet(language, one["wallet"]),
            last4=one["last4"],
            state=text.say(language, f"lost_wallet_state.{known}", status=one["status"]),
        )
        blocks.append(block.section(said))
        if one["status"] != "deleted":
            blocks.append(block.actions(*_wallet_buttons(language, one)))
    return blocks


def _wallet_buttons(language: str, one: Facts) -> list[Json]:
    acts = ["delete"] if one["status"] == "suspended" else ["suspend", "delete"]
    name = wallet(language, one["wallet"])
    return [
        block.button(
            text.say(language, f"button.token_{act}"),
            f"lost.token:{act}_{one['id']}",
            f"{act} {one['id']}",
            confirm=block.confirm(
                text.say(language, "lost.token_title"),
                text.say(language, f"lost.token_{act}", wallet=name),
                text.say(language, f"button.token_{act}"),
                text.say(language, "form.cancel"),
            ),
        )
        for act in acts
    ]
