"""Which verb somebody means, however they say it."""

from __future__ import annotations

import pytest

import commands
from bot.listeners.words import meant

VERBS = commands.DOORS.verbs

# command, words: the verb that is meant and the words that remain
SAID = [
    ("/gantry", "", "gantry.help", ""),
    ("/gantry", "help", "gantry.help", ""),
    ("/gantry", "aide", "gantry.help", ""),
    ("/gantry", "?", "gantry.help", ""),
    ("/gantry", "  HELP  ", "gantry.help", ""),
    ("/onboarding", "start", "onboarding.start", ""),
    ("/onboarding", "start Acme cards", "onboarding.start", "Acme cards"),
    ("/onboarding", "START Acme", "onboarding.start", "Acme"),
    ("/gantry", "onboarding start", "onboarding.start", ""),
    ("/gantry", "onboarding start Acme cards", "onboarding.start", "Acme cards"),
    ("/gantry", "start Acme", "onboarding.start", "Acme"),
    ("/gantry", "démarrer Acme", "onboarding.start", "Acme"),
    ("/gantry", "list", "onboarding.list", ""),
    ("/gantry", "liste", "onboarding.list", ""),
    ("/gantry", "status Acme", "approval.status", "Acme"),
    ("/gantry", "statut Acme", "approval.status", "Acme"),
    ("/gantry", "approvals", "approval.status", ""),
    ("/gantry", "approbations Acme", "approval.status", "Acme"),
    ("/gantry", "approval-status Acme", "approval.status", "Acme"),
    ("/approval-status", "", "approval.status", ""),
    ("/approval-status", "Acme (US)", "approval.status", "Acme (US)"),
    ("/onboarding", "status Acme", "approval.status", "Acme"),
    ("/gantry", "voir Acme", "onboarding.show", "Acme"),
    ("/gantry", "Étapes Acme", "onboarding.steps", "Acme"),
    ("/gantry", "annuler P-1", "onboarding.cancel", "P-1"),
    ("/gantry", "reprendre P-1", "onboarding.resume", "P-1"),
    ("/gantry", "équipe", "onboarding.reassign", ""),
    ("/gantry", "ici P-1", "onboarding.here", "P-1"),
    ("/gantry", "rôles", "gantry.roles", ""),
    ("/gantry", "envois", "gantry.outbox", ""),
    ("/gantry", "frein pays FR 4", "gantry.brake", "pays FR 4"),
]


@pytest.mark.parametrize(("command", "words", "verb", "rest"), SAID)
def test_words_mean_one_verb_in_both_languages(command: str, words: str, verb: str, rest: str) -> None:
    found = meant(VERBS, command, words)
    assert found.verb is not None
    assert (found.verb.name, found.rest) == (verb, rest)


TYPOS = [
    ("/onboarding", "strat", "start"),
    ("/onboarding", "lsit", "list"),
    ("/gantry", "hepl", "help"),
    ("/gantry", "statsu", "status"),
    ("/gantry", "onbording start", "onboarding start"),
    ("/gantry", "demarrer", "démarrer"),
]


@pytest.mark.parametrize(("command", "typed", "nearest"), TYPOS)
def test_a_typo_finds_the_nearest_word(command: str, typed: str, nearest: str) -> None:
    found = meant(VERBS, command, typed)
    assert found.verb is None
    assert nearest in found.nearest
    assert len(found.nearest) <= 3


@pytest.mark.parametrize("typed", ["zebra", "startle", "12345", "ünïcødé 🙂", "x" * 4000])
def test_words_that_mean_nothing_mean_nothing(typed: str) -> None:
    assert meant(VERBS, "/gantry", typed).verb is None


def test_every_verb_can_be_said_after_gantry() -> None:
    for verb in VERBS:
        said = " ".join(part for part in (verb.command.removeprefix("/"), verb.words) if part)
        found = meant(
            VERBS,
            "/gantry",
            "" if verb.command == "/gantry" and not verb.words else said.removeprefix("gantry "),
        )
        assert found.verb is not None, verb.said
        assert found.verb.name == verb.name


def test_no_alias_has_two_meanings() -> None:
    said: dict[str, str] = {}
    for verb in VERBS:
        for alias in verb.aliases:
            assert said.setdefault(alias.casefold(), verb.name) == verb.name, alias
