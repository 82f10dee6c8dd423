"""Who everybody is in the local workspace: fixed ids, so that tests and scenes can name them."""

from __future__ import annotations

from typing import Any, Final

Json = dict[str, Any]

TEAM_ID: Final = "T0PLAY"
TEAM_NAME: Final = "Quayside"
TEAM_DOMAIN: Final = "quayside"
APP_ID: Final = "A0GANTRY"
BOT_USER: Final = "U0GANTRY"
BOT_ID: Final = "B0GANTRY"
BOT_NAME: Final = "Gantry"
VERIFICATION_TOKEN: Final = "local-verification"  # noqa: S105 - deprecated field of Slack's payloads, no secret

LENA: Final = "U0LENA"
MARC: Final = "U0MARC"
SAM: Final = "U0SAM"
OLGA: Final = "U0OLGA"
CLAIRE: Final = "U0CLAIRE"
NOOR: Final = "U0NOOR"
GUS: Final = "U0GUS"

CARDS: Final = "C0CARDS"
CARTES: Final = "C0CARTES"
OPS: Final = "C0OPS"
COMPLAINTS: Final = "C0COMPLAINTS"
MANAGERS: Final = "C0MANAGERS"
RANDOM: Final = "C0RANDOM"
PRIVATE: Final = "C0PRIVATE"
PARTNERS: Final = "C0PARTNERS"
