"""What a command is asked to write, as it is sent. Pages, the API and importers all build these, and nothing else."""

from dataclasses import dataclass

from forum.community.models.people import TermKind
from forum.community.models.threads import Audience, Intent
from forum.text.markdown import RenderedText


@dataclass(frozen=True, slots=True)
class PostDraft:
    """A reply. ``submission_key`` is the same when the same form is sent twice."""

    body: RenderedText
    submission_key: str


@dataclass(frozen=True, slots=True)
class PostEdit:
    """A new text for a post."""

    body: RenderedText


@dataclass(frozen=True, slots=True)
class TopicDraft:
    """A topic with its first post.

    ``condition_slug`` is what readers share, where it is for members with the same condition. ``takes_fewer`` lets it
    have fewer readers where its category allows no more; else it is refused there.
    """

    category_slug: str
    title: str
    intent: Intent
    content_note: str
    audience: Audience
    body: RenderedText
    submission_key: str
    condition_slug: str = ""
    takes_fewer: bool = False


@dataclass(frozen=True, slots=True)
class CategoryDraft:
    """A category as its editor words it; ``opening`` is Markdown. Who may read its topics holds for a new one alone."""

    slug: str
    name: str
    description: str
    opening: str
    help_on_top: bool
    position: int
    default_audience: Audience | None = None
    widest_audience: Audience = Audience.PUBLIC


@dataclass(frozen=True, slots=True)
class TermDraft:
    """A condition or a treatment for the list; without a slug it gets one from its name."""

    kind: TermKind
    name: str
    slug: str = ""
