"""What stands in the slots of texts, for whoever reads: names and quoted words, as they are now.

How a text comes to its slots is in ``slotting``; copies, where nobody is named, are ``forum.text.slots.neutral``.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial

from markupsafe import Markup
from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session, aliased

from forum.accounts.models import Member
from forum.community.addresses import permalink
from forum.community.bylines import name_to_show
from forum.community.models.slots import Slot, SlotKind
from forum.community.models.threads import SHARED, Audience, Post, PostVersion, Topic, is_narrower
from forum.community.visibility import post_is_readable, shows, topic_is_visible
from forum.database.rows import AnyRow, AnySelect
from forum.errors import NotFound
from forum.permissions.actor import Actor
from forum.text import slots
from forum.text.translate import gettext as _

# Made once: an alias of a table works out its columns anew whenever it is made.
_MENTIONED = aliased(Member)


@dataclass(frozen=True, slots=True)
class Place:
    """Where texts stand: in which topic, and who may read that."""

    topic_id: int
    audience: Audience


def may_be_quoted(source: Audience, destination: Audience) -> bool:
    """Say whether whoever reads the one topic may read the other, too, whoever they are."""
    return source in SHARED and not is_narrower(source, destination)


def filled(session: Session, actor: Actor, texts: Mapping[int, str], place: Place) -> dict[int, Markup]:
    """Return the HTML of posts, by their ids, with their slots filled for the actor.

    Queries: 1, or none where no text has a slot
    """
    rows = _slots(session, actor, texts)
    return {
        post_id: slots.fill(html, partial(_shown, rows, actor, place, post_id))
        for post_id, html in texts.items()
    }


def as_typed(session: Session, actor: Actor, post_id: int, markdown: str) -> str:
    """Return a post's Markdown for its composer: names and quoted blocks where the actor may see them, else slots.

    Queries: 1, or none where the text has no slot
    """
    mentions, quotes = {}, {}
    for row in _slots(session, actor, {post_id: markdown}).values():
        if row.kind is SlotKind.MENTION and _is_named(actor, row):
            mentions[row.ordinal] = row.mentioned
        if row.kind is SlotKind.QUOTE and row.readable:
            words = slots.neutral_words(slots.plain(row.html)[row.starts_at : row.ends_at])
            quotes[row.ordinal] = slots.quoted_block(row.number, row.source_id, words)
    return slots.as_typed(markdown, mentions, quotes)


def quote_of(session: Session, actor: Actor, post_id: int) -> str:
    """Return the block that quotes a whole post, as it is typed, without what it quotes itself.

    Raises: NotFound
    Queries: 1
    """
    row = session.execute(
        select(Post.number, Post.html)
        .join(Topic, Topic.id == Post.topic_id)
        .outerjoin(Member, Member.id == Post.author_id)
        .where(Post.id == post_id, topic_is_visible(actor), post_is_readable(actor))
    ).one_or_none()
    if row is None:
        raise NotFound
    words = slots.neutral_words(slots.plain(row.html))
    return slots.quoted_block(row.number, post_id, words) if words else ""


def mention(name: str) -> Markup:
    """Return a mention as it is shown."""
    return Markup('<b class="mention">@{}</b>').format(name)


def quote(post_id: int, name: str | None, words: str) -> Markup:
    """Return a quote as it is shown: whose words they are, where they stand, and what they say."""
    by = _("%(name)s wrote:", name=_("A former member") if name is None else name)
    lines = Markup("").join(
        Markup("<p>{}</p>").format(line) for line in slots.neutral_words(words).split("\n")
    )
    return Markup('<blockquote><p><a href="{}">{}</a></p>{}</blockquote>').format(
        permalink(post_id), by, lines
    )


def mentions_in(session: Session, actor: Actor, texts: Mapping[int, str]) -> dict[int, dict[int, str]]:
    """Return how the mentions in texts read to the actor, by post and number of the slot.

    Queries: 1, or none where there are no slots
    """
    found: dict[int, dict[int, str]] = {}
    for row in _slots(session, actor, texts).values():
        if row.kind is SlotKind.MENTION:
            found.setdefault(row.post_id, {})[row.ordinal] = _mentioned(actor, row).striptags()
    return found


def _shown(
    rows: Mapping[tuple[int, str, int], AnyRow],
    actor: Actor,
    place: Place,
    post_id: int,
    kind: str,
    ordinal: int,
) -> Markup | None:
    row = rows.get((post_id, kind, ordinal))
    if row is None:
        return None
    if row.kind is SlotKind.MENTION:
        return _mentioned(actor, row)
    here = row.topic_id == place.topic_id
    if not row.readable or not (here or may_be_quoted(row.audience, place.audience)):
        return Markup("<blockquote><p>{}</p></blockquote>").format(_("These words are no longer shown."))
    words = slots.plain(row.html)[row.starts_at : row.ends_at]
    return quote(row.source_id, name_to_show(row.author, row.from_community, shown=True), words)


def _mentioned(actor: Actor, row: AnyRow) -> Markup:
    if _is_named(actor, row):
        return mention(row.mentioned)
    return Markup("{}").format(_("@former member") if row.member_id is None else _("@somebody"))


def _is_named(actor: Actor, row: AnyRow) -> bool:
    return row.member_id is not None and shows(actor, row.member_id, row.mentioned_state)


def _slots(session: Session, actor: Actor, texts: Mapping[int, str]) -> dict[tuple[int, str, int], AnyRow]:
    """Return what belongs into the slots of texts (HTML or Markdown), by post, kind and number.

    Queries: 1, or none where there are no slots
    """
    wanted = {post_id: slots.tokens_of(text) for post_id, text in texts.items() if "[[" in text}
    post_ids = sorted(post_id for post_id, tokens in wanted.items() if tokens)
    if not post_ids:
        return {}
    ordinals = {ordinal for tokens in wanted.values() for _kind, ordinal in tokens}
    rows = session.execute(_statement(actor, post_ids, ordinals))
    return {(row.post_id, row.kind.value, row.ordinal): row for row in rows}


def _statement(actor: Actor, post_ids: Collection[int], ordinals: Collection[int]) -> AnySelect:
    readable = and_(Post.id.is_not(None), topic_is_visible(actor), post_is_readable(actor))
    return (
        select(
            Slot.post_id,
            Slot.ordinal,
            Slot.kind,
            Slot.member_id,
            Slot.starts_at,
            Slot.ends_at,
            _MENTIONED.name.label("mentioned"),
            _MENTIONED.state.label("mentioned_state"),
            Post.id.label("source_id"),
            Post.number,
            Post.from_community,
            Member.name.label("author"),
            Topic.id.label("topic_id"),
            Topic.audience,
            readable.label("readable"),
            case((readable, func.coalesce(PostVersion.html, Post.html)), else_="").label("html"),
        )
        .select_from(Slot)
        .outerjoin(_MENTIONED, _MENTIONED.id == Slot.member_id)
        .outerjoin(Post, Post.id == Slot.source_post_id)
        .outerjoin(PostVersion, PostVersion.id == Slot.source_version_id)
        .outerjoin(Topic, Topic.id == Post.topic_id)
        .outerjoin(Member, Member.id == Post.author_id)
        .where(Slot.post_id.in_(post_ids), Slot.ordinal.in_(sorted(ordinals)))
    )
