"""A text on its way: where it belongs, and what stands in it so far. Nobody but its writer ever sees it."""

from dataclasses import dataclass

from forum.text.translate import gettext as _


@dataclass(frozen=True, slots=True)
class DraftPlace:
    """Where a draft belongs: a reply to a topic, a new text for a post, or a new topic, in a category or in none."""

    topic_id: int | None = None
    post_id: int | None = None
    # Of a new topic: in which category it was begun, and not which one was chosen for it since.
    category_slug: str = ""

    @property
    def composer(self) -> str:
        """Return the address at which one goes on writing."""
        if self.post_id is not None:
            return f"/posts/{self.post_id}/edit"
        if self.topic_id is not None:
            return f"/topics/{self.topic_id}/reply"
        return f"/topics/new?category={self.category_slug}" if self.category_slug else "/topics/new"

    @property
    def name(self) -> str:
        """Return what a draft here is, for a list."""
        if self.post_id is not None:
            return _("New text for a post of yours")
        if self.topic_id is not None:
            return _("Reply")
        return _("New topic")


@dataclass(frozen=True, slots=True)
class Unsent:
    """What was typed so far, checked by nobody yet; all but the words is a new topic's."""

    words: str
    title: str = ""
    content_note: str = ""
    category_slug: str = ""
    intent: str = ""
    audience: str = ""
    condition: str = ""

    @property
    def is_empty(self) -> bool:
        """Say whether nothing was written: what was only chosen isn't worth keeping."""
        return not (self.words.strip() or self.title.strip() or self.content_note.strip())


@dataclass(frozen=True, slots=True)
class Known:
    """What a page knows of its draft: how often it was saved, and what it sent that nobody answered yet."""

    revision: int = 0
    # Words that may have arrived: a connection broke, or the page was left, before an answer came.
    unanswered: str = ""
    # The form's own; once it made a post, there is nothing left to keep.
    submission_key: str = ""
