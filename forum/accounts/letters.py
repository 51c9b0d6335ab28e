"""The letters that tell members of changes to their own account. How a letter travels is known in ``mail``."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from forum.accounts.account_wording import if_it_was_not_you, provider_name, sentence, subject
from forum.accounts.addresses import WAYS_IN
from forum.accounts.models import AccountEvent, AccountNotice, EmailAddress, Member
from forum.events import AccountNoticeMade
from forum.mail.message import Letter
from forum.text.translate import gettext as _
from forum.text.translate import speaking

# A button can be pressed many times. The page of notices has all of it.
SAME_AGAIN = timedelta(hours=1)
# Each of these takes a log-in of its own, and the last one is what counts.
_EACH_TOLD = (AccountEvent.LEAVING_BEGUN, AccountEvent.LEAVING_CANCELLED)


def letter_about_account(
    session: Session, event: AccountNoticeMade, *, agreed: ColumnElement[bool]
) -> Letter | None:
    """Return the letter that tells a member what their notice says, in their language, or None.

    There is one only for whoever agreed to e-mail, by an address known to be theirs, and none when they were written to
    of the same less than an hour before. ``agreed`` says of a member whether they agree to e-mail, which is consent's
    to know. Whatever became of the account meanwhile, it goes out: nobody can tell who did that, and the letter is how
    they find out.

    Queries: 1
    """
    before = aliased(AccountNotice)
    told_before = (
        select(func.max(before.made_at))
        .where(
            before.member_id == AccountNotice.member_id,
            before.event == AccountNotice.event,
            before.provider == AccountNotice.provider,
            before.id < AccountNotice.id,
            before.made_at >= EmailAddress.verified_at,
        )
        .scalar_subquery()
    )
    found = session.execute(
        select(
            AccountNotice.event,
            AccountNotice.provider,
            AccountNotice.made_at,
            told_before.label("told_before"),
            Member.locale,
            EmailAddress.address,
        )
        .join(Member, Member.id == AccountNotice.member_id)
        .join(EmailAddress, EmailAddress.member_id == Member.id)
        .where(AccountNotice.id == event.notice_id, EmailAddress.verified_at.is_not(None), agreed)
    ).one_or_none()
    if found is None or (found.event not in _EACH_TOLD and _is_soon_after(found.made_at, found.told_before)):
        return None
    with speaking(found.locale):
        return Letter(
            to=found.address,
            subject=subject(found.event),
            paragraphs=(
                sentence(found.event, provider_name(found.provider)),
                if_it_was_not_you(found.event),
                _("You get this because you said yes to e-mail from us."),
            ),
            link_words=_("How you log in"),
            link_path=WAYS_IN,
            locale=found.locale,
        )


def _is_soon_after(moment: datetime, before: datetime | None) -> bool:
    return before is not None and moment - before < SAME_AGAIN
