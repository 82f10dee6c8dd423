"""Gantry: a Slack bot that takes a Stripe card programme from the intake form to launch."""
