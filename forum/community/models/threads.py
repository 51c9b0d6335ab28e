"""Categories, topics and posts. Counts and last activity are stored facts, rewritten only by ``topic_facts``."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from forum.database.base import Base, Numbered, numbered
from forum.database.column_types import UtcDateTime, words
from forum.text.translate import gettext as _

LONGEST_TITLE = 140
LONGEST_CONTENT_NOTE = 60


class Intent(StrEnum):
    """What the author of a topic is asking for."""

    JUST_LISTEN = "just-listen"
    EXPERIENCES = "experiences"
    INFORMATION = "information"
    GOOD_NEWS = "good-news"

    @property
    def label(self) -> str:
        """Return the few words that stand on a topic."""
        return {
            Intent.JUST_LISTEN: _("Just listen"),
            Intent.EXPERIENCES: _("Experiences"),
            Intent.INFORMATION: _("Information"),
            Intent.GOOD_NEWS: _("Good news"),
        }[self]

    @property
    def advice(self) -> str:
        """Return the sentence that whoever replies reads above the form."""
        return {
            Intent.JUST_LISTEN: _("They ask to be heard. Advice can wait; a few kind words are plenty."),
            Intent.EXPERIENCES: _(
                "They ask for experiences. Say what happened to you, and leave doses to doctors."
            ),
            Intent.INFORMATION: _(
                "They ask for information. Say where yours comes from, and leave doses to doctors."
            ),
            Intent.GOOD_NEWS: _("They share good news. Be glad with them."),
        }[self]


class Audience(StrEnum):
    """Who may see a topic."""

    PUBLIC = "public"
    PUBLIC_UNLISTED = "public-unlisted"
    MEMBERS = "members"
    SAME_CONDITION = "same-condition"
    MODERATORS_AND_AUTHOR = "moderators-and-author"

    @property
    def label(self) -> str:
        """Return who may see it, in a few words."""
        return {
            Audience.PUBLIC: _("Everyone, search engines too"),
            Audience.PUBLIC_UNLISTED: _("Everyone who comes here, but no search engines"),
            Audience.MEMBERS: _("Members only"),
            Audience.SAME_CONDITION: _("Members with the same condition"),
            Audience.MODERATORS_AND_AUTHOR: _("The moderators and me"),
        }[self]

    @property
    def explanation(self) -> str:
        """Return one sentence on what that means for whoever writes."""
        return {
            Audience.PUBLIC: _("Anyone can read and find it. Others may copy what was public once."),
            Audience.PUBLIC_UNLISTED: _("Anyone can read it here. We ask search engines to leave it out."),
            Audience.MEMBERS: _("Whoever is signed in can read it."),
            Audience.SAME_CONDITION: _(
                "Members who say they live with the same condition can read it, and so can the moderators."
            ),
            Audience.MODERATORS_AND_AUTHOR: _("Only you and the moderators can read it."),
        }[self]


# From the widest to the narrowest.
WIDTH = (
    Audience.PUBLIC,
    Audience.PUBLIC_UNLISTED,
    Audience.MEMBERS,
    Audience.SAME_CONDITION,
    Audience.MODERATORS_AND_AUTHOR,
)
# The audiences in which who may read depends neither on who began a topic nor on what readers say of themselves: their
# topics can be joined and taken apart, and their words be quoted in other topics.
SHARED = WIDTH[:3]


def is_narrower(one: Audience, other: Audience) -> bool:
    """Say whether fewer people may read what the one is for."""
    return WIDTH.index(one) > WIDTH.index(other)


class TopicState(StrEnum):
    """How things stand with a whole topic; only a published one exists for readers."""

    PUBLISHED = "published"
    # Taken back by its author.
    DELETED = "deleted"
    # Out of sight while moderators look at it.
    HIDDEN = "hidden"
    # Taken down by a moderator's decision.
    REMOVED = "removed"
    # Its posts stand in another topic now, to which its address leads.
    MERGED = "merged"


class PostState(StrEnum):
    """How things stand with a post; only a published one shows its text."""

    PUBLISHED = "published"
    DELETED = "deleted"
    HELD = "held"
    HIDDEN = "hidden"
    REMOVED = "removed"
    # The line that stays where a post stood before it was split off; the post itself kept its id and went along.
    MOVED = "moved"


class Category(Numbered, Base):
    """A room for topics."""

    __tablename__ = "category"
    __table_args__ = numbered(
        # What can be chosen beforehand, and what a limit can be: see community/audiences.py.
        CheckConstraint("default_audience IN ('members', 'moderators-and-author')", name="beforehand"),
        CheckConstraint("widest_audience IN ('public', 'public-unlisted', 'members')", name="limit"),
    )

    slug: Mapped[str] = mapped_column(String(80), unique=True)
    locale: Mapped[str] = mapped_column(String(20))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(80))
    description: Mapped[str] = mapped_column(String(200))
    # A few sentences on top of the category's page.
    opening_markdown: Mapped[str] = mapped_column(Text)
    opening_html: Mapped[str] = mapped_column(Text)
    # Whether help links stand on top of its page.
    help_on_top: Mapped[bool]
    # Who may read a new topic here unless its author says otherwise; None where they are asked each time.
    default_audience: Mapped[Audience | None] = mapped_column(words(Audience, "default_audience"))
    # The most readers that a topic here may have; whoever writes can always choose fewer.
    widest_audience: Mapped[Audience] = mapped_column(
        words(Audience, "widest_audience"), default=Audience.PUBLIC
    )


class CategoryModerator(Base):
    """Who moderates a category without moderating all."""

    __tablename__ = "category_moderator"
    __table_args__ = (Index(None, "member_id"),)

    category_id: Mapped[int] = mapped_column(ForeignKey("category.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)


_WAITING = text("first_reply_at IS NULL")


class Topic(Numbered, Base):
    """A conversation. Its first post is post 1."""

    __tablename__ = "topic"
    __table_args__ = numbered(
        Index(None, "category_id", "pinned", "last_activity_at", "id"),
        Index(None, "category_id", "pinned", "started_at", "id"),
        # A category that is narrowed to an intent: without these it would be walked to its end for a rare one.
        Index(None, "category_id", "intent", "pinned", "last_activity_at", "id"),
        Index(None, "category_id", "intent", "pinned", "started_at", "id"),
        Index(None, "last_activity_at", "id"),
        Index(None, "started_at", "id"),
        Index(None, "author_id", "started_at", "id"),
        Index(None, "merged_into_id"),
        Index(None, "condition_id"),
        # Those that nobody else answered yet.
        Index("ix_topic_waiting", "started_at", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index(
            "ix_topic_waiting_in_category",
            "category_id",
            "started_at",
            "id",
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
        CheckConstraint("pinned IN (0, 1)", name="pinned"),
        CheckConstraint("(state = 'merged') = (merged_into_id IS NOT NULL)", name="merged"),
        CheckConstraint("(audience = 'same-condition') = (condition_id IS NOT NULL)", name="condition"),
        CheckConstraint("NOT from_community OR author_id IS NULL", name="voice"),
        CheckConstraint("last_number >= 0 AND reply_count >= 0", name="counts"),
    )

    category_id: Mapped[int] = mapped_column(ForeignKey("category.id"))
    # None for a former member, and for what the community itself published.
    author_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    from_community: Mapped[bool] = mapped_column(default=False)
    locale: Mapped[str] = mapped_column(String(20))
    # Both empty once the first post was taken back while others' replies stay.
    title: Mapped[str] = mapped_column(String(LONGEST_TITLE))
    slug: Mapped[str] = mapped_column(String(LONGEST_TITLE))
    intent: Mapped[Intent] = mapped_column(words(Intent, "intent"))
    content_note: Mapped[str] = mapped_column(String(LONGEST_CONTENT_NOTE))
    audience: Mapped[Audience] = mapped_column(words(Audience, "audience"))
    # What its readers say is theirs, where it is for those who share it.
    condition_id: Mapped[int | None] = mapped_column(ForeignKey("health_term.id"))
    state: Mapped[TopicState] = mapped_column(words(TopicState, "state"))
    # 1 or 0, and not a boolean, because lists sort by it.
    pinned: Mapped[int]
    locked: Mapped[bool]
    # Always a topic that is not merged itself: merging again leads the older ones on.
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("topic.id"))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # The highest number ever given to one of its posts; numbers are never given again.
    last_number: Mapped[int]
    # What everyone in the topic's audience can see:
    reply_count: Mapped[int]
    last_activity_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # None until somebody other than the author answered.
    first_reply_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Post(Numbered, Base):
    """One contribution to a topic."""

    __tablename__ = "post"
    __table_args__ = numbered(
        UniqueConstraint("topic_id", "number"),
        # What a topic's facts are counted from when something in it goes.
        Index(None, "topic_id", "state", "number"),
        Index(None, "author_id", "written_at", "id"),
        # Who wrote in a topic, which a mention is looked up among.
        Index(None, "topic_id", "author_id", "state"),
        Index(None, "moved_to_id"),
        CheckConstraint("NOT from_community OR author_id IS NULL", name="voice"),
        CheckConstraint("(state = 'moved') = (moved_to_id IS NOT NULL)", name="moved"),
    )

    topic_id: Mapped[int] = mapped_column(ForeignKey("topic.id"))
    number: Mapped[int]
    # None for a former member, and for what the community itself published.
    author_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    from_community: Mapped[bool] = mapped_column(default=False)
    # Whether the topic's own author wrote it. Said here, because names go when people leave: without them nobody could
    # tell an answer from an afterthought.
    by_topic_author: Mapped[bool]
    state: Mapped[PostState] = mapped_column(words(PostState, "state"))
    # Of a line that stays behind: the post that stood here.
    moved_to_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    markdown: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    renderer_version: Mapped[int]
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PostVersion(Numbered, Base):
    """A text that an edit replaced."""

    __tablename__ = "post_version"
    __table_args__ = numbered(Index(None, "post_id"))

    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    markdown: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    renderer_version: Mapped[int]
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    replaced_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SubmissionKey(Numbered, Base):
    """What one sending of a form made, so that sending it twice makes one post."""

    __tablename__ = "submission_key"
    __table_args__ = numbered(
        UniqueConstraint("member_id", "key"), Index(None, "post_id"), Index(None, "made_at")
    )

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    key: Mapped[str] = mapped_column(String(64))
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
