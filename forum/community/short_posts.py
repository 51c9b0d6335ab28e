"""The words of a low-energy post: whoever has no strength to write taps how today is, and what would help."""

from enum import StrEnum

from forum.community.models.threads import Intent
from forum.text.translate import gettext as _


class Today(StrEnum):
    """How today is."""

    BAD = "bad"
    HARD = "hard"
    SO_SO = "so-so"
    GOOD = "good"

    @property
    def label(self) -> str:
        """Return the few words to tap."""
        return {
            Today.BAD: _("A bad day"),
            Today.HARD: _("A hard day"),
            Today.SO_SO: _("So-so"),
            Today.GOOD: _("A good day"),
        }[self]

    @property
    def heading(self) -> str:
        """Return the title of the topic."""
        return {
            Today.BAD: _("A bad day today"),
            Today.HARD: _("A hard day today"),
            Today.SO_SO: _("A so-so day today"),
            Today.GOOD: _("A good day today"),
        }[self]

    @property
    def words(self) -> str:
        """Return the first sentence of the post."""
        return {
            Today.BAD: _("Today is a bad day."),
            Today.HARD: _("Today is a hard day."),
            Today.SO_SO: _("Today is so-so."),
            Today.GOOD: _("Today is a good day."),
        }[self]


class Need(StrEnum):
    """What would help."""

    LISTEN = "listen"
    COMPANY = "company"
    EXPERIENCES = "experiences"
    NOTHING = "nothing"

    @property
    def label(self) -> str:
        """Return the few words to tap."""
        return {
            Need.LISTEN: _("Somebody who listens"),
            Need.COMPANY: _("A few kind words"),
            Need.EXPERIENCES: _("How others get through such a day"),
            Need.NOTHING: _("Nothing, I only want to say it"),
        }[self]

    @property
    def words(self) -> str:
        """Return the second sentence of the post."""
        return {
            Need.LISTEN: _("I would like somebody to listen."),
            Need.COMPANY: _("A few kind words would help."),
            Need.EXPERIENCES: _("How do you get through such a day?"),
            Need.NOTHING: _("I need nothing. I only wanted to say it."),
        }[self]

    @property
    def intent(self) -> Intent:
        """Return what those who answer see first."""
        return Intent.EXPERIENCES if self is Need.EXPERIENCES else Intent.JUST_LISTEN
