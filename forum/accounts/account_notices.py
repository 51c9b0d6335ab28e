"""What a member is told about their own account: that a way in was added or taken away, that sessions were ended.

It is told on site, and by e-mail where they gave an address. The sentences are made from the event in the language of
whoever reads them; nothing of a person is kept but the event itself.
"""

from datetime import timedelta

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from forum import clock
from forum.accounts.models import AccountEvent, AccountNotice
from forum.accounts.queries import restricted_members
from forum.database.rows import rows_changed
from forum.events import AccountNoticeMade, emit
from forum.permissions.actor import Actor, MemberId

KEPT_FOR = timedelta(days=90)


def tell(session: Session, member_id: MemberId, event: AccountEvent, provider: str = "") -> None:
    """Tell a member about their account; ``provider`` is the key of the one it is about.

    Emits: AccountNoticeMade
    """
    notice = AccountNotice(
        member_id=member_id, event=event, provider=provider, made_at=clock.now(), seen_at=None
    )
    session.add(notice)
    session.flush()
    emit(session, AccountNoticeMade(notice.id))


def mark_account_notices_seen(session: Session, actor: Actor, up_to: int) -> None:
    """Remember that the actor has read what they were told, up to and with this notice."""
    session.execute(
        update(AccountNotice)
        .where(
            AccountNotice.member_id == actor.member_id,
            AccountNotice.id <= up_to,
            AccountNotice.seen_at.is_(None),
        )
        .values(seen_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def sweep_account_notices(session: Session) -> int:
    """Forget what was told more than ninety days ago, but to restricted members, and return how much it was."""
    old = AccountNotice.made_at < clock.now() - KEPT_FOR
    return rows_changed(
        session, delete(AccountNotice).where(old, AccountNotice.member_id.not_in(restricted_members()))
    )
