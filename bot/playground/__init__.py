"""A local Slack for the browser and for the tests: the bot cannot tell it from the real one.

Nothing outside this package and the command line knows that it exists. `LocalSlack` in
`bot.playground.local` is the door for tests, `play` in `bot.playground.server` the one for people.
"""
