"""The words of a draft as its writer may read them now: names and quoted words are looked up anew each time.

How they come to be kept without these is ``slotting.by_numbers``.
"""

from collections.abc import Sequence

from sqlalchemy import and_, cast, exists, literal, null, or_, select, union_all
from sqlalchemy.orm import Session

from forum.accounts.models import Member
from forum.community import slots as shown
from forum.community.models.threads import Post, Topic
from forum.community.slotting import is_in_topic, is_mentioned_in
from forum.community.unsent import DraftPlace
from forum.community.visibility import author_is_shown, post_is_readable, topic_is_visible
from forum.database.column_types import UtcDateTime
from forum.database.rows import AnyRow
from forum.permissions.actor import Actor
from forum.text import kept_words, slots
from forum.text.kept_words import KeptQuote


def as_typed(session: Session, actor: Actor, place: DraftPlace, words: str) -> str:
    """Return the words of a draft for its composer.

    Queries: none for words that mention and quote nobody, else 1, and for a post's new text up to 3
    """
    sources, names = _looked_up(session, actor, place, words)
    text = kept_words.without_quotes_of(words, lambda post_id: post_id not in sources)

    def quoted(kept: KeptQuote) -> str | None:
        source = sources.get(kept.post_id)
        if source is None or kept.edited != kept_words.moment(source.edited_at):
            return None
        span = slots.plain(source.html)[kept.starts_at : kept.ends_at]
        return slots.quoted_block(source.number, source.id, slots.neutral_words(span)) if span else None

    text = kept_words.opened(text, names, quoted)
    return text if place.post_id is None else shown.as_typed(session, actor, place.post_id, text)


def topic_of(session: Session, place: DraftPlace) -> int | None:
    """Return the topic in which a draft belongs.

    Queries: 1 for a post's new text
    """
    if place.post_id is None:
        return place.topic_id
    return session.scalar(select(Post.topic_id).where(Post.id == place.post_id))


def _looked_up(
    session: Session, actor: Actor, place: DraftPlace, words: str
) -> tuple[dict[int, AnyRow], dict[int, str]]:
    """Return those of the quoted posts that the actor may read, and the names of those whom they see there.

    Whoever types a member's number by hand learns nobody else's name.

    Queries: 1, or none where nobody is quoted or mentioned; 2 for a post's new text
    """
    posts = kept_words.quotes_as_typed(words) | {kept.post_id for kept in kept_words.quotes_in(words)}
    members = kept_words.members_in(words)
    topic_id = topic_of(session, place) if members else None
    if not posts and topic_id is None:
        return {}, {}
    which = select(literal("post").label("kind"), Post.id, Post.number, Post.html, Post.edited_at)
    quoted = (
        which.join(Topic, Topic.id == Post.topic_id)
        .outerjoin(Member, Member.id == Post.author_id)
        .where(Post.id.in_(sorted(posts)), topic_is_visible(actor), post_is_readable(actor))
    )
    if topic_id is None:
        return {row.id: row for row in session.execute(quoted)}, {}
    is_met = and_(is_in_topic(topic_id), exists().where(Topic.id == topic_id, topic_is_visible(actor)))
    mentioned = select(
        literal("member"), Member.id, literal(0), Member.name, cast(null(), UtcDateTime)
    ).where(
        Member.id.in_(sorted(members)), author_is_shown(actor), or_(is_met, is_mentioned_in(place.post_id))
    )
    rows: Sequence[AnyRow] = session.execute(union_all(quoted, mentioned)).all()
    sources = {row.id: row for row in rows if row.kind == "post"}
    return sources, {row.id: row.html for row in rows if row.kind == "member"}
