"""What is a member's own in their account, as rows of the matrix: ways in, browsers that are logged in, and copies."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.devices import BrowserFamily, SystemFamily
from forum.accounts.models import Identity, Passkey, SignInSession
from forum.accounts.sign_in_sessions import SESSION_LASTS
from forum.community.models.images import Image
from forum.community.models.kept_drafts import KeptDraft
from forum.community.models.reading import Bookmark
from forum.community.models.threads import Category, Post
from forum.privacy.models import DataExport, ExportState


def add_identity(session: Session, number: int, member_id: int | None) -> int:
    """Let somebody log in with one more account, and return the identity's number."""
    issuer = "https://facebook.stand-in.invalid"
    session.add(
        Identity(id=number, member_id=member_id, issuer=issuer, subject=str(number), added_at=clock.now())
    )
    session.flush()
    return number


def add_passkey(session: Session, number: int, member_id: int | None) -> int:
    """Let somebody have one more passkey, which no device holds, and return its number."""
    session.add(
        Passkey(
            id=number,
            member_id=member_id,
            credential_id=str(number),
            user_handle="handle",
            public_key=b"",
            sign_count=0,
            name="Phone",
            added_at=clock.now(),
        )
    )
    session.flush()
    return number


def add_session(session: Session, number: int, member_id: int | None) -> int:
    """Sign somebody in with one more browser, whose token nobody has, and return the session's number."""
    now = clock.now()
    session.add(
        SignInSession(
            id=number,
            token_hash=str(number),
            member_id=member_id,
            begun_at=now,
            expires_at=now + SESSION_LASTS,
            last_seen_on=now.date(),
            browser=BrowserFamily.OTHER,
            system=SystemFamily.OTHER,
        )
    )
    session.flush()
    return number


def add_export(session: Session, number: int, member_id: int | None) -> int:
    """Let somebody have a copy of their data, made two days ago, and return its number."""
    made_at = clock.now() - timedelta(days=2)
    session.add(
        DataExport(
            id=number,
            member_id=member_id,
            file_name=file_name_of(number),
            state=ExportState.READY,
            parts_done=1,
            parts=1,
            asked_at=made_at,
            finished_at=made_at,
            size=1,
        )
    )
    session.flush()
    return number


def file_name_of(export_id: int) -> str:
    """Return what the file of a copy, or of a picture, is called here."""
    return f"{export_id:032x}"


def add_bookmark(session: Session, number: int, member_id: int | None) -> int:
    """Let somebody keep a post at hand, whichever it is, and return the bookmark's number."""
    post_id = session.scalars(select(Post.id).order_by(Post.id).limit(1)).one()
    session.add(Bookmark(id=number, member_id=member_id, post_id=post_id, note="", made_at=clock.now()))
    session.flush()
    return number


def add_draft(session: Session, number: int, member_id: int | None) -> int:
    """Let somebody be writing a new topic, in whichever category, and return the draft's number."""
    category_id = session.scalars(select(Category.id).order_by(Category.id).limit(1)).one()
    words = {"words": "Half a sentence", "title": "", "content_note": ""}
    choices = {"category_slug": "", "intent": "", "audience": ""}
    session.add(
        KeptDraft(
            id=number,
            member_id=member_id,
            category_id=category_id,
            revision=1,
            saved_at=clock.now(),
            **words,
            **choices,
        )
    )
    session.flush()
    return number


def add_picture(session: Session, number: int, member_id: int | None) -> int:
    """Let somebody have a picture in their draft, whose name is made of its number, and return that."""
    draft_id = session.scalars(select(KeptDraft.id).where(KeptDraft.member_id == member_id).limit(1)).one()
    picture = Image(
        id=number, name=file_name_of(number), member_id=member_id, draft_id=draft_id, alt="A cat."
    )
    picture.width = picture.height = picture.size = 1
    picture.added_at = clock.now()
    session.add(picture)
    session.flush()
    return number


# What each member has some of, and others may know nothing of.
THEIR_OWN: dict[str, Callable[[Session, int, int | None], int]] = {
    "identity": add_identity,
    "passkey": add_passkey,
    "session": add_session,
    "export": add_export,
    "bookmark": add_bookmark,
    "draft": add_draft,
    # After the drafts.
    "picture": add_picture,
}
