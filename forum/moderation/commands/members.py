"""What moderators decide about members: suspending them, what they say of themselves, newcomers, and notes."""

from datetime import timedelta

from sqlalchemy import delete, select, true
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts import suspensions
from forum.accounts.models import Member
from forum.accounts.suspensions import MemberSubject, hold_member_named, is_known
from forum.audit_log.commands import record
from forum.community.profiles import take_words_down
from forum.community.visibility import is_shown
from forum.consent.choices_queries import consent_stands
from forum.errors import Conflict, Malformed, NotFound
from forum.moderation.decisions import decided_about, refuse_if_decided_since
from forum.moderation.drafts import MemberDraft, SuspendDraft
from forum.moderation.leaving_authors import hold_subject_called
from forum.moderation.models import MemberNote
from forum.moderation.notices import tell
from forum.moderation.reasons import check_reason
from forum.permissions.actions import Action
from forum.permissions.actor import REQUIRED_PURPOSES, Actor, MemberId, MemberState, Role
from forum.permissions.check import can, require
from forum.text.translate import gettext as _
from forum.text.translate import say_moment

# How many days a suspension can last; None is until it is lifted.
SUSPENSION_DAYS: tuple[int | None, ...] = (1, 3, 7, 30, None)
# The same note sent again within this time is the same note: a double click, or a page loaded anew.
SAME_NOTE_WITHIN = timedelta(minutes=1)


def suspend_member(session: Session, actor: Actor, name: str, draft: SuspendDraft) -> MemberId:
    """Let a member read but not write from their next request on, tell them why, and return who it is.

    It ends by the clock, and leaves how else things stand with them as it is. Somebody who is leaving goes by an open
    report (see ``leaving_authors``); should they not come back, the suspension becomes a ban when they are erased.

    Emits: MemberSuspended
    Raises: NotFound, SignInFirst, Forbidden, Malformed, Conflict (suspended already, or decided about meanwhile)
    """
    member = hold_subject_called(session, actor, name)
    require(actor, Action.MEMBER_SUSPEND, member)
    check_reason(Action.MEMBER_SUSPEND, draft.reason)
    if draft.days not in SUSPENSION_DAYS:
        raise Malformed
    _refuse_if_decided_since(session, actor, member, draft.seen)
    if member.is_suspended:
        raise Conflict(_suspended_already(member))
    until = draft.ends(clock.now())
    suspensions.suspend(session, member.id, until)
    record(
        session,
        actor,
        Action.MEMBER_SUSPEND,
        reason=draft.reason,
        member_uuid=member.uuid,
        facts={"days": draft.days, "until": until},
    )
    tell(
        session,
        actor,
        member.id,
        Action.MEMBER_SUSPEND,
        draft.reason,
        message=draft.message,
        until=until,
    )
    return member.id


def unsuspend_member(session: Session, actor: Actor, name: str, draft: MemberDraft) -> MemberId:
    """End a suspension before its time, tell the member, and return who it is.

    Emits: SuspensionLifted
    Raises: NotFound, SignInFirst, Forbidden, Malformed, Conflict (not suspended, or decided about meanwhile)
    """
    member = hold_subject_called(session, actor, name)
    require(actor, Action.MEMBER_UNSUSPEND, member)
    check_reason(Action.MEMBER_UNSUSPEND, draft.reason)
    _refuse_if_decided_since(session, actor, member, draft.seen)
    if not member.is_suspended:
        raise Conflict(_("They are not suspended. Nothing was changed."))
    suspensions.lift_suspension(session, member.id)
    _settle(session, actor, member, Action.MEMBER_UNSUSPEND, draft)
    return member.id


def clear_profile(session: Session, actor: Actor, name: str, draft: MemberDraft) -> MemberId:
    """Take down what a member says about themselves in their own words, tell them what and why, and return who it is.

    What nobody but they see is not looked at. They can write something else at any time, so nobody undoes it.

    Emits: ProfileChanged, ProfileNarrowed
    Raises: NotFound, SignInFirst, Forbidden, Malformed, Conflict (nothing is there, or decided about meanwhile)
    """
    member = hold_member_named(session, name)
    require(actor, Action.MEMBER_PROFILE_CLEAR, member)
    check_reason(Action.MEMBER_PROFILE_CLEAR, draft.reason)
    _refuse_if_decided_since(session, actor, member, draft.seen)
    words = take_words_down(session, member.id) if is_shown(member.state) else ""
    if not words:
        raise Conflict(_("There is nothing here any more that others could see. Nothing was changed."))
    _settle(session, actor, member, Action.MEMBER_PROFILE_CLEAR, draft, words)
    return member.id


def let_in_member(session: Session, actor: Actor, name: str, draft: MemberDraft) -> MemberId:
    """Let a waiting newcomer write, or one who was turned away and isn't erased yet, and return who it is.

    Whoever took back meanwhile what an account stands on rests first, and writes once they agree to it again.

    Emits: MemberLetIn
    Raises: NotFound, SignInFirst, Forbidden, Conflict (nobody waits, or decided about meanwhile)
    """
    member = hold_member_named(session, name)
    require(actor, Action.MEMBER_LET_IN, member)
    check_reason(Action.MEMBER_LET_IN, draft.reason)
    _refuse_if_decided_since(session, actor, member, draft.seen)
    if member.state not in (MemberState.WAITING, MemberState.TURNED_AWAY):
        raise Conflict(_("They are not waiting to be let in. Nothing was changed."))
    # Held since before this look: nobody agrees, or takes an agreement back, between the two.
    has_agreed = session.execute(
        select(*(consent_stands(Member.uuid, purpose) for purpose in sorted(REQUIRED_PURPOSES))).where(
            Member.id == member.id
        )
    ).one()
    suspensions.let_in(session, member.id, has_agreed=all(has_agreed))
    _settle(session, actor, member, Action.MEMBER_LET_IN, draft)
    return member.id


def turn_away_member(session: Session, actor: Actor, name: str, draft: MemberDraft) -> MemberId:
    """Turn a waiting newcomer away, who can still read why until they are erased, and return who it is.

    Emits: MemberTurnedAway
    Raises: NotFound, SignInFirst, Forbidden, Malformed, Conflict (nobody waits, or decided about meanwhile)
    """
    member = hold_member_named(session, name)
    require(actor, Action.MEMBER_TURN_AWAY, member)
    check_reason(Action.MEMBER_TURN_AWAY, draft.reason)
    _refuse_if_decided_since(session, actor, member, draft.seen)
    if member.state is not MemberState.WAITING:
        raise Conflict(_("They are not waiting to be let in. Nothing was changed."))
    suspensions.turn_away(session, member.id)
    _settle(session, actor, member, Action.MEMBER_TURN_AWAY, draft)
    return member.id


def note_member(session: Session, actor: Actor, name: str, text: str) -> int:
    """Leave the other moderators a note about a member, who never reads it here, and return its id.

    The same words by the same moderator within a minute are one note.

    Raises: NotFound, SignInFirst, Forbidden
    """
    member = hold_member_named(session, name)
    require(actor, Action.MEMBER_NOTE, member)
    known = session.scalar(
        select(MemberNote.id)
        .where(
            MemberNote.member_id == member.id,
            MemberNote.author_id == actor.member_id,
            MemberNote.text == text,
            MemberNote.written_at > clock.now() - SAME_NOTE_WITHIN,
        )
        .limit(1)
    )
    if known is not None:
        return known
    note = MemberNote(member_id=member.id, author_id=actor.member_id, text=text, written_at=clock.now())
    session.add(note)
    session.flush()
    record(session, actor, Action.MEMBER_NOTE, member_uuid=member.uuid)
    return note.id


def delete_note(session: Session, actor: Actor, note_id: int) -> str:
    """Take a note of one's own away, or as an administrator anybody's; return the name of the member it was about.

    Raises: NotFound (also for somebody else's, and for what one may not read), SignInFirst, Forbidden
    """
    require(actor, Action.MEMBER_LOOK_UP)
    theirs = true() if actor.role is Role.ADMINISTRATOR else MemberNote.author_id == actor.member_id
    name = session.scalar(
        select(Member.name)
        .join(MemberNote, MemberNote.member_id == Member.id)
        .where(MemberNote.id == note_id, theirs, is_known())
    )
    if name is None:
        raise NotFound
    member = hold_member_named(session, name)
    may_note = can(actor, Action.MEMBER_NOTE, member)
    if not may_note and may_note.way_on is None:
        raise NotFound
    require(actor, Action.MEMBER_NOTE, member)
    gone = session.execute(
        delete(MemberNote).where(MemberNote.id == note_id).returning(MemberNote.id)
    ).one_or_none()
    if gone is None:
        raise NotFound
    record(session, actor, Action.MEMBER_NOTE, member_uuid=member.uuid, facts={"deleted": True})
    return member.name


def _settle(
    session: Session,
    actor: Actor,
    member: MemberSubject,
    action: Action,
    draft: MemberDraft,
    their_words: str = "",
) -> None:
    """Keep what was decided, and tell the member."""
    record(session, actor, action, reason=draft.reason, member_uuid=member.uuid)
    tell(session, actor, member.id, action, draft.reason, their_words=their_words, message=draft.message)


def _refuse_if_decided_since(session: Session, actor: Actor, member: MemberSubject, seen: int) -> None:
    refuse_if_decided_since(session, decided_about(member.uuid), seen, actor)


def _suspended_already(member: MemberSubject) -> str:
    if member.suspended_until is None:
        return _("They are suspended already, until somebody lifts it. Nothing was changed.")
    return _(
        "They are suspended already, until %(moment)s. To change that, lift it first. Nothing was changed.",
        moment=say_moment(member.suspended_until),
    )
