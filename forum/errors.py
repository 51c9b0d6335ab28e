"""The few ways in which a request can be refused. Commands and queries raise them; one handler words them.

The reasons are whole sentences for the person who asked, already translated, and never hold text that came
from outside.
"""

from collections.abc import Mapping


class Refusal(Exception):
    """Base of every refusal; ``reason`` is a sentence a person may read."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


class Malformed(Refusal):
    """The request itself makes no sense (status 400)."""


class SignInFirst(Refusal):
    """Only members may do this, and nobody is signed in (status 303 to the log-in page, or 401)."""


class Forbidden(Refusal):
    """The actor may see this but not do that; the reason says why (status 403)."""


class AgreeFirst(Forbidden):
    """They may, once they agreed to policies that changed (status 403, with what changed and the choices)."""


class ProveFirst(Refusal):
    """They may, once they show anew that it is still they (status 403, with the ways to show it)."""


class NotFound(Refusal):
    """It does not exist, or the actor may not know that it does (status 404)."""


class Conflict(Refusal):
    """Somebody or something was faster (status 409)."""


class Invalid(Refusal):
    """Fields of a form are wrong (status 422). ``fields`` maps each name to its sentence."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(" ".join(fields.values()))
        self.fields = dict(fields)


class TooMany(Refusal):
    """Too often in too short a time (status 429); ``retry_after`` is in seconds."""

    def __init__(self, reason: str, retry_after: int) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Unavailable(Refusal):
    """Something the request needs is out for now (status 503); ``retry_after`` is in seconds."""

    def __init__(self, reason: str, retry_after: int = 60) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
