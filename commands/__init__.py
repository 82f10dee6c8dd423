"""One module for each verb: its command, mention, shortcut, buttons and forms together."""

from commands import evidence, gantry, onboarding, step, submission

DOORS = gantry.DOORS + onboarding.DOORS + step.DOORS + evidence.DOORS + submission.DOORS
"""Every door there is; help, manifest and the table of rights are made from it."""
