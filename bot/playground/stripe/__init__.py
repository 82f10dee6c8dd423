"""A local Stripe: cards, authorizations, disputes and their events, at an origin of its own."""
