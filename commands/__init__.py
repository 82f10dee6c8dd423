"""One module for each verb: its command, mention, shortcut, buttons and forms together."""

from commands import (
    away,
    channels,
    duty,
    edit,
    entry,
    evidence,
    gantry,
    handover,
    letter,
    onboarding,
    start,
    step,
    stripe,
    submission,
)

DOORS = (
    gantry.DOORS
    + start.DOORS
    + onboarding.DOORS
    + edit.DOORS
    + step.DOORS
    + entry.DOORS
    + evidence.DOORS
    + away.DOORS
    + channels.DOORS
    + handover.DOORS
    + letter.DOORS
    + duty.DOORS
    + submission.DOORS
    + stripe.DOORS
)
"""Every door there is; help, manifest and the table of rights are made from it."""
