"""Learning from Slack which workspace we are in, and keeping it true."""

import logging
from collections.abc import Iterable, Mapping

from bot.clock import Clock
from bot.services import person as people
from bot.slack_api import SlackApi, SlackError
from storage import Database
from storage.queries import person as rows

_log = logging.getLogger(__name__)


def refresh(database: Database, slack: SlackApi, clock: Clock, roles: Mapping[str, Iterable[str]]) -> bool:
    """Ask `auth.test`, remember the answer, plant the roles of the settings; false while Slack is silent."""
    try:
        found = slack.auth_test()
    except SlackError as error:
        _log.warning("auth.test: %s", error.code)
        return False
    now = clock.now()
    with database.transaction() as session:
        workspace = people.remember_workspace(session, found, now)
        people.plant_roles(session, team=workspace.team, wanted=roles, now=now)
    return True


def known(database: Database) -> bool:
    """Tell whether the workspace is known already."""
    with database.reading() as session:
        return rows.workspace(session) is not None
