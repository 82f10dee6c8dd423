"""One module for each verb: its command, mention, shortcut, buttons and forms together."""

from commands import away, channels, duty, evidence, gantry, handover, letter, onboarding, step

DOORS = (
    gantry.DOORS
    + onboarding.DOORS
    + step.DOORS
    + evidence.DOORS
    + away.DOORS
    + channels.DOORS
    + handover.DOORS
    + letter.DOORS
    + duty.DOORS
)
"""Every door there is; help, manifest and the table of rights are made from it."""
