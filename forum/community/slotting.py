"""How texts come to their slots, and what becomes of these when texts change.

Reading is in ``slots``, and what becomes of them when words go in ``letting_go``.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from markupsafe import Markup
from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select, update
from sqlalchemy.orm import Session

from forum.accounts.models import Member
from forum.accounts.names import name_key
from forum.community import slots as shown
from forum.community.bylines import name_to_show
from forum.community.models.slots import Slot, SlotKind
from forum.community.models.threads import Audience, Post, PostState, PostVersion, Topic
from forum.community.visibility import author_is_shown, post_is_readable, topic_is_visible
from forum.database.rows import AnyRow, rows_changed
from forum.errors import Invalid
from forum.permissions.actor import Actor
from forum.text import kept_words, slots
from forum.text.kept_words import KeptQuote
from forum.text.markdown import RenderedText, links_quoted, render_post
from forum.text.slots import TypedQuote
from forum.text.translate import gettext as _

# What a text may mention and quote. What looks like a name is looked up that often; further ones stay text.
MOST_NAMES = 100
MOST_QUOTES = 10
# In a draft there may be more, which its writer wants to split.
MOST_QUOTES_KEPT = 30
# Numbers of slots end there, long after anybody's patience.
_LAST_ORDINAL = 9999


@dataclass(frozen=True, slots=True)
class NewSlot:
    """A slot that a text gets, and what it shows to whoever writes it."""

    ordinal: int
    kind: SlotKind
    member_id: int | None
    shows: Markup
    source_post_id: int | None = None
    starts_at: int | None = None
    ends_at: int | None = None


@dataclass(frozen=True, slots=True)
class Slotted:
    """A text with slots in place of names and quoted words, and the slots that it needs and doesn't have yet."""

    body: RenderedText
    new: tuple[NewSlot, ...] = ()


@dataclass(slots=True)
class _Work:
    """One text, while its slots are made."""

    # Who may be mentioned, by what may be their name in the text.
    people: Mapping[str, tuple[int, str]]
    # What may be quoted, by the posts' ids, and how the mentions in it read to whoever writes.
    sources: Mapping[int, AnyRow]
    readings: Mapping[int, Mapping[int, str]]
    topic_id: int | None
    # Who may read what is written; looked up only where posts of other topics are quoted.
    audience: Audience = Audience.PUBLIC
    # The numbers of slots there are: by member, and by post and words.
    mentions: dict[int, int] = field(default_factory=dict)
    quotes: dict[tuple[int, str], int] = field(default_factory=dict)
    last: int = 0
    # In how many places of a draft quoted words were looked for.
    looked_for: int = 0
    new: list[NewSlot] = field(default_factory=list)

    def next_ordinal(self) -> int:
        """Return a number that no slot of the post has or had."""
        if self.last >= _LAST_ORDINAL:
            raise Invalid({"text": _("This post was changed too often. Write a new one.")})
        self.last += 1
        return self.last


def slotted(
    session: Session,
    actor: Actor,
    body: RenderedText,
    *,
    topic_id: int | None = None,
    audience: Audience | None = None,
    post_id: int | None = None,
    hold: bool = True,
) -> Slotted:
    """Return a typed text with slots for those whom it mentions and for what it quotes.

    ``topic_id`` is None for a topic that is only being started, ``audience`` who may read it (None: as the topic says),
    ``post_id`` the post that is edited. The posts that are quoted are held, in the order of their ids, the edited one
    among them, so that their words don't change in between; a preview does without.

    Raises: Invalid (words that can't be quoted)
    Queries: none for a text without @ and quotes, else up to 6
    """
    typed = slots.quotes_in(body.markdown, body.quoted)
    markdown = slots.put_in(body.markdown, typed, lambda _quote: "")
    names = list(dict.fromkeys(slots.names_in(markdown)))[:MOST_NAMES]
    _refuse_hidden_quotes(markdown)
    if not typed and not names and markdown == body.markdown:
        return Slotted(body)
    if len(typed) > MOST_QUOTES:
        raise Invalid({"text": _("A post can quote ten times. Leave some of the quotes out.")})
    sources = _sources(session, actor, {quote.post_id for quote in typed}, post_id, hold=hold)
    people = _people(session, actor, names, topic_id, post_id)
    work = _Work(people, sources, _readings(session, actor, sources), topic_id)
    if any(source.topic_id != topic_id for source in sources.values()):
        work.audience = audience or _audience_of(session, topic_id)
    if post_id is not None:
        _recall(session, work, post_id)
    text = slots.put_in(body.markdown, typed, lambda quote: _quote_token(work, quote))
    text = slots.with_mentions(text, lambda name: _mention_token(work, name))
    return Slotted(body if text == body.markdown else render_post(text), tuple(work.new))


def store(session: Session, post_id: int, made: Slotted) -> None:
    """Give a post, which is stored, the slots that its text needs.

    Queries: 1, or none where there are no new ones
    """
    session.add_all(
        Slot(
            post_id=post_id,
            ordinal=one.ordinal,
            kind=one.kind,
            member_id=one.member_id,
            source_post_id=one.source_post_id,
            source_version_id=None,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
        )
        for one in made.new
    )
    if made.new:
        session.flush()


def preview(
    session: Session,
    actor: Actor,
    topic_id: int | None,
    audience: Audience | None,
    markdown: str,
    post_id: int | None = None,
) -> Markup:
    """Return how a typed text will look, with names and quotes; nothing is stored.

    ``topic_id`` is None for a new topic, ``audience`` None where the topic says it. ``post_id`` is the post that is
    edited.

    Raises: Invalid (words that can't be quoted, as sending it would)
    Queries: none for a text without names and quotes, else up to 7
    """
    made = slotted(
        session,
        actor,
        render_post(markdown),
        topic_id=topic_id,
        audience=audience,
        post_id=post_id,
        hold=False,
    )
    html = made.body.html
    new = {(one.kind.value, one.ordinal): one.shows for one in made.new}
    if post_id is not None and topic_id is not None:
        place = shown.Place(topic_id, audience or _audience_of(session, topic_id))
        html = str(shown.filled(session, actor, {post_id: html}, place)[post_id])
    return slots.fill(html, lambda kind, ordinal: new.get((kind, ordinal)))


def re_anchor(session: Session, post_id: int, before: str, after: str, version_id: int) -> None:
    """Let quotes of a post follow its words into its new HTML; those that are gone from it quote the version.

    The post is written already: whoever quotes it at this moment waits for that, or was faster and is found here.

    Queries: 1, and 1 for each quote
    """
    rows = session.execute(
        select(Slot.id, Slot.starts_at, Slot.ends_at)
        .where(Slot.source_post_id == post_id, Slot.source_version_id.is_(None))
        .order_by(Slot.id)
        .with_for_update()
    ).all()
    if not rows:
        return
    old, new = slots.plain(before), slots.plain(after)
    for row in rows:
        words = old[row.starts_at : row.ends_at].replace("\n", " ")
        at = new.replace("\n", " ").find(words)
        values = (
            {"source_version_id": version_id}
            if at < 0
            else {"starts_at": at, "ends_at": at + row.ends_at - row.starts_at}
        )
        rows_changed(session, update(Slot).where(Slot.id == row.id).values(**values))


def by_numbers(
    session: Session, actor: Actor, words: str, before: str, topic_id: int | None, post_id: int | None = None
) -> str:
    """Return words on their way as a draft keeps them: see ``kept_words``. Those of an edited post use its own slots.

    Of posts that the actor may not read, nothing is kept; what isn't found stays as it was typed. ``before`` is what
    was kept so far: whom it mentions counts even where the actor doesn't see them any more.

    Queries: up to 4
    """
    sources = _sources(session, actor, kept_words.quotes_as_typed(words), post_id, hold=False)
    names = list(dict.fromkeys(slots.names_in(words)))[:MOST_NAMES]
    people = _people(session, actor, names, topic_id, post_id, kept_words.members_in(before))
    work = _Work(people, sources, _readings(session, actor, sources), topic_id)
    if post_id is not None:
        _recall(session, work, post_id)
    text = slots.with_quotes(words, lambda quote: _kept_quote(work, quote))
    text = kept_words.without_quotes_of(text, lambda quoted: quoted not in sources)
    return slots.with_mentions(text, lambda name: _kept_mention(work, name))


def _kept_quote(work: _Work, quote: TypedQuote) -> str:
    """Return what stands in a draft for quoted words."""
    ordinal = work.quotes.get((quote.post_id, quote.words))
    if ordinal is not None:
        return slots.token(slots.QUOTE, ordinal)
    source = work.sources.get(quote.post_id)
    if source is None:
        return kept_words.gone()
    work.looked_for += 1
    span = None
    if work.looked_for <= MOST_QUOTES_KEPT:
        span = _span(quote, slots.plain(source.html), work.readings.get(source.id, {}))
    if span is None:
        return kept_words.as_it_was(quote, source.number)
    moment = kept_words.moment(source.edited_at)
    return kept_words.quote(KeptQuote(source.number, source.id, *span, moment))


def _kept_mention(work: _Work, name: str) -> str | None:
    """Return what stands in a draft for a name, or None where it stays what it is."""
    found = work.people.get(name)
    if found is None:
        return None
    ordinal = work.mentions.get(found[0])
    return kept_words.member(found[0]) if ordinal is None else slots.token(slots.MENTION, ordinal)


def _refuse_hidden_quotes(markdown: str) -> None:
    """Raise Invalid where words are quoted so that they would stand in the text itself, for good."""
    if "/posts/" not in markdown or ">" not in markdown:
        return
    if any(to.startswith("/posts/") and words.startswith("#") for to, words in links_quoted(markdown)):
        raise Invalid({"text": _("Put the quote on lines of its own, in no list and in no other quote.")})


def _sources(
    session: Session, actor: Actor, ids: set[int], post_id: int | None, *, hold: bool
) -> dict[int, AnyRow]:
    """Return those of the quoted posts that the actor may read, by their ids.

    Queries: 2, or none where there are none
    """
    if not ids:
        return {}
    if hold:
        in_turn = sorted({*ids, *([post_id] if post_id else [])})
        session.execute(
            select(Post.id).where(Post.id.in_(in_turn)).order_by(Post.id).with_for_update(key_share=True)
        ).all()
    rows = session.execute(
        select(
            Post.id,
            Post.number,
            Post.topic_id,
            Post.html,
            Post.edited_at,
            Post.author_id,
            Post.from_community,
            Member.name,
            Topic.audience,
        )
        .join(Topic, Topic.id == Post.topic_id)
        .outerjoin(Member, Member.id == Post.author_id)
        .where(Post.id.in_(sorted(ids)), topic_is_visible(actor), post_is_readable(actor))
    )
    return {row.id: row for row in rows}


def _people(
    session: Session,
    actor: Actor,
    names: Iterable[str],
    topic_id: int | None,
    post_id: int | None,
    known: Collection[int] = (),
) -> dict[str, tuple[int, str]]:
    """Return, by a typed name, who has it: people whom the actor sees in the topic, or whom the post mentions already.

    Whether somebody else is a member is nothing that a text may tell. Whom the post mentions counts even where the
    actor doesn't see them any more: their name, which the composer opened with, would stay in the text for good.
    """
    keys = {name: name_key(name) for name in names}
    if topic_id is None or not keys:
        return {}
    is_seen = or_(author_is_shown(actor), Member.id.in_(sorted(known)))
    rows = session.execute(
        select(Member.name_key, Member.id, Member.name).where(
            Member.name_key.in_(sorted(set(keys.values()))),
            or_(and_(is_seen, is_in_topic(topic_id)), is_mentioned_in(post_id)),
        )
    )
    found = {row.name_key: (row.id, row.name) for row in rows}
    return {name: found[key] for name, key in keys.items() if key in found}


def is_in_topic(topic_id: int) -> ColumnElement[bool]:
    """Say which members wrote in the topic what can be read: its first post, too. Needs Member."""
    return exists().where(
        Post.topic_id == topic_id, Post.author_id == Member.id, Post.state == PostState.PUBLISHED
    )


def people_of(topic_id: int) -> ColumnElement[bool]:
    """Say the same for whoever looks for all of them: from the topic to its people, however many members there are."""
    wrote = select(Post.author_id).where(Post.topic_id == topic_id, Post.state == PostState.PUBLISHED)
    return Member.id.in_(wrote)


def is_mentioned_in(post_id: int | None) -> ColumnElement[bool]:
    """Say which members a post mentions already. Needs Member."""
    if post_id is None:
        return false()
    return exists().where(Slot.post_id == post_id, Slot.kind == SlotKind.MENTION, Slot.member_id == Member.id)


def _audience_of(session: Session, topic_id: int | None) -> Audience:
    """Return who may read the topic."""
    return session.execute(select(Topic.audience).where(Topic.id == topic_id)).scalar_one()


def _recall(session: Session, work: _Work, post_id: int) -> None:
    """Remember the slots that the post has: the same mention and the same quote keep their number.

    Queries: 1
    """
    html = func.coalesce(PostVersion.html, Post.html)
    rows = session.execute(
        select(
            Slot.ordinal,
            Slot.kind,
            Slot.member_id,
            Slot.source_post_id,
            Slot.starts_at,
            Slot.ends_at,
            html.label("html"),
        )
        .outerjoin(Post, Post.id == Slot.source_post_id)
        .outerjoin(PostVersion, PostVersion.id == Slot.source_version_id)
        .where(Slot.post_id == post_id)
    )
    for row in rows:
        work.last = max(work.last, row.ordinal)
        if row.kind is SlotKind.MENTION and row.member_id is not None:
            work.mentions[row.member_id] = row.ordinal
        if row.kind is SlotKind.QUOTE and row.source_post_id is not None:
            words = slots.neutral_words(slots.plain(row.html)[row.starts_at : row.ends_at])
            work.quotes[row.source_post_id, words.replace("\n", " ")] = row.ordinal


def _readings(session: Session, actor: Actor, sources: Mapping[int, AnyRow]) -> dict[int, dict[int, str]]:
    """Return how the mentions in posts read to the actor, by post and number.

    Queries: 1, or none where there are no mentions
    """
    return shown.mentions_in(session, actor, {source.id: source.html for source in sources.values()})


def _quote_token(work: _Work, quote: TypedQuote) -> str:
    """Return what stands for quoted words. Raises Invalid where they can't be quoted."""
    ordinal = work.quotes.get((quote.post_id, quote.words))
    if ordinal is not None:
        return slots.token(slots.QUOTE, ordinal)
    source = work.sources.get(quote.post_id)
    if source is None:
        raise Invalid(
            {"text": _("One of the posts that you quote is not there for you. Take that quote out.")}
        )
    if source.topic_id != work.topic_id and not shown.may_be_quoted(source.audience, work.audience):
        raise Invalid(
            {
                "text": _(
                    "One of the posts that you quote was written for fewer people than can read this."
                    " Say it in your own words, without what is theirs to tell."
                )
            }
        )
    words = slots.plain(source.html)
    span = _span(quote, words, work.readings.get(source.id, {}))
    if span is None:
        raise Invalid(
            {
                "text": _(
                    "What you quote from post #%(number)s doesn't stand there in these words. Quote it as it stands,"
                    " or take the quote out.",
                    number=source.number,
                )
            }
        )
    ordinal = work.next_ordinal()
    work.quotes[quote.post_id, quote.words] = ordinal
    name = name_to_show(source.name, source.from_community, shown=True)
    view = shown.quote(source.id, name, words[slice(*span)])
    work.new.append(NewSlot(ordinal, SlotKind.QUOTE, source.author_id, view, source.id, *span))
    return slots.token(slots.QUOTE, ordinal)


def _span(quote: TypedQuote, words: str, reading: Mapping[int, str]) -> tuple[int, int] | None:
    """Return where the quoted words stand: as they were read, or as a quote of the whole post reads."""
    ways = (lambda ordinal: reading.get(ordinal, slots.a_member()), lambda _ordinal: slots.a_member())
    found = _first(slots.find(quote.words, words, read) for read in ways)
    if found is None:
        # Only now, because it takes a while and nobody else gets to write meanwhile.
        typed = slots.spaced(slots.plain(render_post(quote.markdown).html))
        found = _first(slots.find(typed, words, read) for read in ways)
    return found


def _first(found: Iterable[tuple[int, int] | None]) -> tuple[int, int] | None:
    return next((span for span in found if span is not None), None)


def _mention_token(work: _Work, name: str) -> str | None:
    """Return what stands for a typed name, or None where it stays what it is."""
    found = work.people.get(name)
    if found is None:
        return None
    member_id, name_now = found
    if member_id not in work.mentions:
        work.mentions[member_id] = work.next_ordinal()
        view = shown.mention(name_now)
        work.new.append(NewSlot(work.mentions[member_id], SlotKind.MENTION, member_id, view))
    return slots.token(slots.MENTION, work.mentions[member_id])
