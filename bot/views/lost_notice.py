"""What is said about a lost card: in its thread, and to operators and managers."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from bot import text
from bot.text import Mrkdwn
from bot.views import block, failure, lost_card, stripe_error
from bot.views.block import Json

Facts = Mapping[str, Any]


def _said(words: Mrkdwn, *more: Json) -> Json:
    return block.message(words, [block.section(words), *more])


def _kind(language: str, facts: Facts) -> str:
    return text.say(language, f"lost.as_{facts['kind']}") if text.has(f"lost.as_{facts['kind']}") else ""


def frozen(language: str, facts: Facts) -> Json:
    """Return that somebody froze a card, and whether that stops it already."""
    key = "lost.frozen_declined" if facts["answered_at"] else "lost.frozen_waits"
    by = lost_card.who(language, facts, facts["by"])
    return _said(text.mrkdwn(language, key, who=by, card=lost_card.link(facts)))


def not_stopped(language: str, facts: Facts) -> Json:
    """Return what operators read at once when a card is not stopped yet."""
    card = lost_card.title(language, facts)
    words = text.mrkdwn(
        language,
        "lost.call",
        card=card,
        link=lost_card.link(facts),
        who=lost_card.who(language, facts, facts["by"]),
    )
    return _said(words, block.actions(lost_card.revoke_button(language, facts)))


def stopped(language: str, facts: Facts) -> Json:
    """Return that Stripe has stopped a card."""
    return _said(
        text.mrkdwn(language, "lost.is_stopped", took=lost_card.since(language, facts, "stopped_at"))
    )


def released(language: str, facts: Facts) -> Json:
    """Return that somebody took a freeze back."""
    return _said(
        text.mrkdwn(language, "lost.said_released", who=lost_card.who(language, facts, facts["released_by"]))
    )


def revoking(language: str, facts: Facts) -> Json:
    """Return that somebody revoked a card; with what they typed, where nobody holds the role."""
    by = lost_card.who(language, facts, facts["revoked_by"])
    words = text.mrkdwn(language, "lost.said_revoking", who=by, kind=_kind(language, facts))
    return _said(words, *([block.quote(facts["why"])] if facts["why"] else []))


def revoked(language: str, facts: Facts) -> Json:
    """Return that Stripe has canceled a card for good."""
    took = lost_card.since(language, facts, "revoked_at")
    words = [text.mrkdwn(language, "lost.said_revoked", took=took, kind=_kind(language, facts))]
    if facts["pending"]:
        words.append(text.mrkdwn(language, "lost.pending", count=facts["pending"]))
    return _said(Mrkdwn("\n".join(words)))


def member_revoked(language: str, facts: Facts) -> Json:
    """Return what managers read when a member revoked a card because nobody holds the role."""
    words = text.mrkdwn(
        language,
        "lost.call_member",
        who=lost_card.who(language, facts, facts["revoked_by"]),
        card=lost_card.title(language, facts),
        link=lost_card.link(facts),
    )
    return _said(words, block.quote(facts["why"]))


def _trouble(name: str) -> Callable[[str, Facts], Json]:
    def render(language: str, facts: Facts) -> Json:
        why = stripe_error.sentence(language, facts["code"], facts["request"])
        end = "final" if facts["final"] else "waits"
        words = text.mrkdwn(language, f"lost.{name}_{end}", card=lost_card.link(facts))
        return _said(Mrkdwn(f"{words} {why}"))

    return render


def ordered(language: str, facts: Facts) -> Json:
    """Return that somebody ordered a new card, and how."""
    wanted = facts["replacement"]
    words = text.mrkdwn(
        language,
        "lost.said_ordered",
        who=lost_card.who(language, facts, facts["replaced_by"]),
        type=text.say(language, f"lost_new.{wanted['type']}"),
        merchants=text.say(language, "lost_new.kept" if wanted["keep"] else "lost_new.fresh"),
    )
    if wanted["service"]:
        service = wanted["service"]
        words = Mrkdwn(f"{words} {text.mrkdwn(language, f'lost_ship.{service}')}")
    return _said(words)


def left_out(language: str, facts: Facts) -> Json:
    """Return that Stripe refused a print, and the new card is ordered without it."""
    known = facts["part"] if text.has(f"lost_part.{facts['part']}") else "other"
    part = text.say(language, f"lost_part.{known}")
    return _said(
        text.mrkdwn(language, "lost.said_left_out", part=part, card=lost_card.title(language, facts))
    )


def no_new_card(language: str, facts: Facts) -> Json:
    """Return that there will be no new card."""
    by = lost_card.who(language, facts, facts["replaced_by"])
    return _said(text.mrkdwn(language, "lost.said_no_new", who=by))


def token_asked(language: str, facts: Facts) -> Json:
    """Return what somebody reads who changed a wallet."""
    act = "delete" if facts["act"] == "delete" else "suspend"
    return _said(text.mrkdwn(language, f"lost.token_asked_{act}", wallet=wallet(language, facts["wallet"])))


def late_kept(language: str, facts: Facts) -> Json:
    """Return what somebody reads who answered whether a purchase was the holder's."""
    words = text.mrkdwn(language, f"lost.late_kept_{facts['answer']}")
    if facts["answer"] == "yes":
        return _said(words)
    return _said(Mrkdwn(f"{words} {failure.sentence(language, facts['why'], facts['values'])}"))


def new_card(language: str, facts: Facts) -> Json:
    """Return how far the new card has come."""
    stage = facts["stage"] if text.has(f"lost_progress.{facts['stage']}") else "created"
    return _said(
        text.mrkdwn(language, f"lost_progress.{stage}", last4=facts["new_last4"], card=facts["new_card"])
    )


def late(language: str, facts: Facts) -> Json:
    """Return the question whether a purchase was the holder's, and what was answered."""
    used = facts["authorized_at"]
    before = bool(used) and datetime.fromisoformat(used) < datetime.fromisoformat(facts["reported_at"])
    key = "lost.late_before" if before else "lost.late_after" if used else "lost.late_unknown"
    words = text.mrkdwn(
        language,
        key,
        amount=text.money(language, abs(facts["amount"]), facts["currency"]),
        captured=lost_card.at(language, facts["captured_at"]),
        authorized=lost_card.at(language, used) if used else "",
        reported=lost_card.at(language, facts["reported_at"]),
        transaction=facts["transaction"],
    )
    if facts["answer"]:
        by = lost_card.who(language, facts, facts.get("answered_by", ""))
        answer = text.mrkdwn(language, f"lost.late_{facts['answer']}", who=by)
        return _said(Mrkdwn(f"{words}\n{answer}"))
    number = facts["transaction"]
    yes = block.button(text.say(language, "button.was_ours"), f"lost.was_ours:{number}", number)
    no = block.button(
        text.say(language, "button.not_ours"), f"lost.not_ours:{number}", number, style="danger"
    )
    return _said(words, block.actions(yes, no))


def token(language: str, facts: Facts) -> Json:
    """Return what became of a card in a wallet."""
    values = {"wallet": wallet(language, facts["wallet"]), "who": lost_card.who(language, facts, facts["by"])}
    if facts["ok"]:
        known = facts["status"] if text.has(f"lost_token.{facts['status']}") else "other"
        return _said(text.mrkdwn(language, f"lost_token.{known}", **values))
    why = stripe_error.sentence(language, facts["code"], facts["request"])
    end = "failed" if facts["final"] else "waits"
    return _said(Mrkdwn(f"{text.mrkdwn(language, f'lost_token.{end}', **values)} {why}"))


def wallet(language: str, name: str) -> str:
    """Return the name of a wallet."""
    return text.say(language, f"lost_wallet.{name}") if text.has(f"lost_wallet.{name}") else name


def listed(language: str, facts: Facts) -> Json:
    """Return the open and recent cases, with the times from report to canceled."""
    said = [_times(language, facts)]
    blocks: list[Json] = [block.section(said[0])]
    for one in facts["cases"]:
        words = text.mrkdwn(
            language,
            f"lost_list.{one['state']}",
            ref=one["ref"],
            card=lost_card.title(language, one),
            at=lost_card.at(language, one["reported_at"]),
            took=lost_card.since(language, one, "revoked_at") if one["revoked_at"] else "",
        )
        said.append(words)
        opened = block.button(
            text.say(language, "button.open"),
            f"lost.open:{one['id']}",
            str(one["id"]),
            accessibility_label=text.say(language, "lost.open_label", ref=one["ref"]),
        )
        blocks.append(block.section(words, accessory=opened))
    if facts["more"]:
        blocks.append(block.context(text.mrkdwn(language, "lost.list_more")))
    return block.message(Mrkdwn("\n".join(said)), blocks)


def _times(language: str, facts: Facts) -> Mrkdwn:
    if not facts["cases"]:
        return text.mrkdwn(language, "lost.list_none", days=facts["days"])
    if not facts["count"]:
        return text.mrkdwn(language, "lost.list_no_times", days=facts["days"])
    return text.mrkdwn(
        language,
        "lost.list_times",
        days=facts["days"],
        count=facts["count"],
        median=lost_card.duration(language, facts["median"]),
        worst=lost_card.duration(language, facts["worst"]),
    )


RENDERERS: Final = {
    "lost.frozen": frozen,
    "lost.not_stopped": not_stopped,
    "lost.stopped": stopped,
    "lost.stop_failed": _trouble("stop_failed"),
    "lost.released": released,
    "lost.release_failed": _trouble("release_failed"),
    "lost.revoking": revoking,
    "lost.revoked": revoked,
    "lost.revoke_failed": _trouble("revoke_failed"),
    "lost.member_revoked": member_revoked,
    "lost.ordered": ordered,
    "lost.no_new_card": no_new_card,
    "lost.new_card": new_card,
    "lost.token_asked": token_asked,
    "lost.late_kept": late_kept,
    "lost.left_out": left_out,
    "lost.replace_failed": _trouble("replace_failed"),
    "lost.late": late,
    "lost.token": token,
    "lost.list": listed,
}
