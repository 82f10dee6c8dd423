"""Errors that reach a person. Each names its text, so that the reader gets it in their own language."""

from collections.abc import Mapping


class GantryError(Exception):
    """Base of all errors with words for people: `key` names the text, `values` fill its places."""

    def __init__(self, key: str, /, **values: object) -> None:
        super().__init__(key, values)
        self.key = key
        self.values = values


class RefusedError(GantryError):
    """The person may not do this. The text says who may."""


class StaleError(GantryError):
    """Somebody was first, or the thing has changed. The text says who did what, and when."""


class NotFoundError(GantryError):
    """What was asked for does not exist, or not for this reader."""


class FormError(GantryError):
    """Something typed into a form is wrong: a text key and its values for each block id."""

    def __init__(self, fields: Mapping[str, tuple[str, Mapping[str, object]]]) -> None:
        super().__init__("error.form")
        self.fields = dict(fields)
