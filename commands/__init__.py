"""One module for each verb: its command, mention, shortcut, buttons and forms together."""

from commands import (
    approval_status,
    away,
    brake,
    channels,
    complaint,
    dispute,
    duty,
    edit,
    entry,
    evidence,
    forecast,
    gantry,
    handover,
    home,
    letter,
    lost_card,
    lost_replace,
    onboarding,
    policy,
    reminder,
    start,
    step,
    stripe,
    submission,
    watch,
)

DOORS = (
    gantry.DOORS
    + start.DOORS
    + onboarding.DOORS
    + approval_status.DOORS
    + edit.DOORS
    + step.DOORS
    + entry.DOORS
    + evidence.DOORS
    + away.DOORS
    + home.DOORS
    + brake.DOORS
    + channels.DOORS
    + complaint.DOORS
    + handover.DOORS
    + letter.DOORS
    + duty.DOORS
    + forecast.DOORS
    + reminder.DOORS
    + submission.DOORS
    + stripe.DOORS
    + policy.DOORS
    + watch.DOORS
    + dispute.DOORS
    + lost_card.DOORS
    + lost_replace.DOORS
)
"""Every door there is; help, manifest and the table of rights are made from it."""
