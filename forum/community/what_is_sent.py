"""What a command is asked to write, as it is sent. Pages, the API and importers all build these, and nothing else."""

from dataclasses import dataclass

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
    """A topic with its first post."""

    category_slug: str
    title: str
    intent: Intent
    content_note: str
    audience: Audience
    body: RenderedText
    submission_key: str


@dataclass(frozen=True, slots=True)
class CategoryDraft:
    """A category as its editor words it; ``opening`` is Markdown."""

    slug: str
    name: str
    description: str
    opening: str
    help_on_top: bool
    position: int
