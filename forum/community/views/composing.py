"""What the composers have in common: how they open, what their buttons do besides sending, and how they answer a
refusal with the words still in their field. The addresses are in ``writing`` and ``drafts``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlencode

from flask import redirect, request
from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from forum.community.commands import drafts as commands
from forum.community.commands.drafts import SavedElsewhere
from forum.community.forms import Pressed, ReplyForm, Writing, check_unfinished, new_submission_key
from forum.community.queries.drafts import draft_at
from forum.community.queries.images import PictureLine, pictures_at
from forum.community.queries.threads import TopicPage
from forum.community.queries.topic_heads import ReplyPlace
from forum.community.unsent import DraftPlace, Unsent
from forum.community.views.blueprint import SEE_OTHER
from forum.errors import Invalid, Refusal
from forum.text.pseudonymity import GiveAway, give_aways
from forum.text.translate import gettext as _
from forum.web import current
from forum.web.forms import show_refusal
from forum.web.same_form import Refused

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Composer:
    """A form in which a member writes, and what there is to know of it."""

    form: Writing
    place: DraftPlace
    action: str
    # Why it was not sent, where no single field is wrong.
    trouble: str = ""
    # Of a refused one: its words were kept as a draft.
    is_kept: bool = False
    # What another device saved later.
    elsewhere: str = ""
    give_aways: tuple[GiveAway, ...] = ()
    # The words are those of a draft; when it was saved, where the page knows.
    is_restored: bool = False
    restored_at: datetime | None = None
    preview: Markup | None = None
    # Those that go along with the words.
    pictures: tuple[PictureLine, ...] = ()
    # Where a post stands that is edited.
    in_topic: int | None = None

    @property
    def sends_anyway(self) -> bool:
        """Say whether its writer was shown what may tell who they are: they are not asked a second time."""
        return bool(self.give_aways) or self.form.do.data == Pressed.SEND_ANYWAY

    @property
    def is_signed_in(self) -> bool:
        """Say whether whoever sees it is a member: for anybody else nothing is kept."""
        return current.actor().is_member

    @property
    def people(self) -> str:
        """Return where a member's script asks who can be mentioned; nobody can in a new topic."""
        topic_id = self.in_topic or self.place.topic_id
        return f"/topics/{topic_id}/people" if topic_id is not None and self.is_signed_in else ""

    @property
    def place_fields(self) -> str:
        """Return what a script sends along when it saves, as a query."""
        fields = {"topic_id": self.place.topic_id, "post_id": self.place.post_id}
        return urlencode({name: value for name, value in fields.items() if value is not None})


class GivesAway(Invalid):
    """Words that may tell who somebody is: whoever wrote them is asked whether they are meant."""

    def __init__(self, found: tuple[GiveAway, ...]) -> None:
        super().__init__({"text": _("Have another look at your words before others read them.")})
        self.found = found


def reply_below(topic: TopicPage | ReplyPlace) -> Composer:
    """Return the composer that stands below a topic's posts; what the member was writing came with the topic."""
    form, standing = ReplyForm(submission_key=new_submission_key()), topic.standing
    is_restored = standing is not None and bool(standing.draft)
    place = DraftPlace(topic_id=topic.id)
    pictures = standing.pictures if standing is not None else ()
    if standing is not None and standing.draft_revision:
        form.go_on_from(Unsent(standing.draft), standing.draft_revision)
    return Composer(form, place, place.composer, is_restored=is_restored, pictures=pictures)


def opened(session: Session, form: Writing, place: DraftPlace, action: str) -> Composer:
    """Return a composer with what the member was writing there.

    Queries: 1, and 1 more where there is something
    """
    draft = draft_at(session, current.actor(), place)
    if draft is None:
        return Composer(form, place, action)
    form.go_on_from(draft.unsent, draft.revision)
    has_words = not draft.unsent.is_empty
    return Composer(
        form,
        place,
        action,
        is_restored=has_words,
        restored_at=draft.saved_at if has_words else None,
        pictures=pictures_at(session, current.actor(), place),
    )


def set_aside(form: Writing, place: DraftPlace) -> Answer | None:
    """Keep the words as a draft if that button was pressed, and lead to it; None for any other button.

    Raises: as keep_draft, and Malformed
    """
    pressed = form.pressed
    if pressed not in (Pressed.KEEP, Pressed.PICTURES):
        return None
    check_unfinished(form, request.form)
    wants_pictures = pressed is Pressed.PICTURES
    draft_id, _revision = commands.keep_draft(
        current.session(), current.actor(), place, form.unsent, form.known, even_empty=wants_pictures
    )
    if wants_pictures and draft_id:
        return redirect(f"/drafts/{draft_id}/pictures", SEE_OTHER)
    return redirect(f"/drafts#draft-{draft_id}" if draft_id else "/drafts", SEE_OTHER)


def ask_once(form: Writing) -> None:
    """Raise GivesAway for words that may tell who somebody is, unless their writer saw that before."""
    found = () if form.pressed is Pressed.SEND_ANYWAY else _given_away(form)
    if found:
        raise GivesAway(found)


def _given_away(form: Writing) -> tuple[GiveAway, ...]:
    unsent = form.unsent
    return give_aways(unsent.title, unsent.content_note, unsent.words)


def sent(form: Writing, place: DraftPlace, post_id: int) -> None:
    """Let the draft go that became this post, in the transaction that made the post."""
    commands.take_along(current.session(), current.actor(), place, form.unsent, form.known, post_id)


def again(form: Writing, place: DraftPlace, action: str, refused: Refused) -> Composer:
    """Return the composer of a refused form, as it was sent. A member's words are kept, too, where that can be."""
    error = refused.error
    _show_errors(form, error)
    if isinstance(error, SavedElsewhere):
        form.revision.data = str(error.revision)
        return Composer(form, place, action, refused.sentence, elsewhere=error.unsent.words)
    is_kept = _is_kept(form, place, refused)
    return Composer(
        form,
        place,
        action,
        trouble="" if isinstance(error, Invalid) else trouble(refused),
        is_kept=is_kept,
        give_aways=error.found if isinstance(error, GivesAway) else (),
        pictures=pictures_of(form, place),
    )


def looked_at(form: Writing, place: DraftPlace, action: str, shown: Markup) -> Composer:
    """Return a composer with how its words will look."""
    return Composer(
        form,
        place,
        action,
        give_aways=_given_away(form),
        preview=shown,
        pictures=pictures_of(form, place),
    )


def go_along(form: Writing, topic_id: int, joined_with: int) -> None:
    """Let the draft of a reply go along with its topic, in a transaction of its own: that of the request was undone."""
    try:
        with current.database().transaction() as session:
            is_moved = commands.move_draft(session, current.actor(), topic_id, joined_with)
    except (Refusal, SQLAlchemyError):
        is_moved = False
    if not is_moved:
        # What may stand there has its own count of savings.
        form.revision.data = "0"


def pictures_of(form: Writing, place: DraftPlace) -> tuple[PictureLine, ...]:
    """Return the pictures of a form's draft; none where it was never saved.

    Queries: 1 where there is a draft
    """
    actor = current.actor()
    if not actor.is_member or not form.known.revision:
        return ()
    return if_there(lambda session: pictures_at(session, actor, place)) or ()


def if_there(query: Callable[[Session], T]) -> T | None:
    """Return what a refused form stands beside, or None where that can't be read: the form comes all the same."""
    try:
        return current.read(query)
    except (Refusal, SQLAlchemyError):
        return None


def trouble(refused: Refused) -> str:
    """Say why a form was not taken, where no single field is wrong."""
    if refused.status == 401:
        return _("You are not logged in any more.")
    if not refused.token_was_good:
        return _(
            "The page was open for so long that its form expired. Now it is fresh again: send it once more."
        )
    return refused.sentence


def _is_kept(form: Writing, place: DraftPlace, refused: Refused) -> bool:
    """Keep the words in a transaction of their own: that of the request was undone.

    Nothing is kept of whoever isn't signed in, of a form that may not have come from our pages, or while nobody gets to
    write: whoever waited once need not wait a second time.
    """
    if not refused.token_was_good or refused.status == 503:
        return False
    try:
        check_unfinished(form, request.form)
        # The check above took the sentences away.
        _show_errors(form, refused.error)
        with current.database().transaction() as session:
            draft_id, revision = commands.keep_draft(session, current.actor(), place, form.unsent, form.known)
    except (Refusal, SQLAlchemyError):
        return False
    form.revision.data, form.unanswered.data = str(revision), ""
    return bool(draft_id)


def _show_errors(form: Writing, error: Exception) -> None:
    """Put what is wrong beside the fields; what may tell who somebody is has a place of its own, and is not wrong."""
    if isinstance(error, Invalid) and not isinstance(error, GivesAway):
        show_refusal(form, error)
