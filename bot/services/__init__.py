"""Use cases: one function each. They take a session, never commit, and never leave the machine."""
