"""What members are told about their own account, in words: the same ones on the page of notices and in a letter.

That something is to be told is decided where it happens (``account_notices``); the letter is made in ``letters``.
"""

from forum.accounts.leaving import GRACE
from forum.accounts.models import AccountEvent
from forum.accounts.providers.outcomes import PROVIDER_NAMES, Provider
from forum.text.translate import gettext as _

_ABOUT_THE_ACCOUNT = (
    AccountEvent.LEAVING_BEGUN,
    AccountEvent.LEAVING_CANCELLED,
    AccountEvent.INACTIVE,
    AccountEvent.NAME_CHANGED,
)


def provider_name(key: str) -> str:
    """Return what people call a provider, given its key; "" for "" and for one that is no longer known."""
    return PROVIDER_NAMES[Provider(key)] if key in set(Provider) else ""


def subject(event: AccountEvent) -> str:
    """Return what a letter is about, as it may stand on anybody's locked screen."""
    if event in _ABOUT_THE_ACCOUNT:
        return _("Your account")
    if event in (AccountEvent.EXPORT_ASKED, AccountEvent.EXPORT_READY):
        return _("Your copy of your data")
    if event is AccountEvent.SESSIONS_ENDED:
        return _("You were logged out")
    return _("A change to how you log in")


def sentence(event: AccountEvent, provider_name: str = "") -> str:
    """Return what happened, for the member it happened to; ``provider_name`` as people call it, or ""."""
    if event is AccountEvent.LEAVING_BEGUN:
        return _leaving_begun(provider_name)
    other = provider_name or _("your provider")
    return {
        AccountEvent.IDENTITY_ADDED: _("You can now log in with %(provider)s too.", provider=other),
        AccountEvent.IDENTITY_REMOVED: _("You can no longer log in with %(provider)s.", provider=other),
        AccountEvent.IDENTITY_DORMANT: _(
            "%(provider)s told us that you took this forum off the list of your apps there. So we logged "
            "you out here. Your account and your posts are as they were.",
            provider=other,
        ),
        AccountEvent.PASSKEY_ADDED: _("A passkey was added. You can now log in with it."),
        AccountEvent.PASSKEY_REMOVED: _("A passkey was taken away. It no longer opens your account."),
        AccountEvent.CODES_MADE: _("New recovery codes were made. Older ones no longer work."),
        AccountEvent.CODE_GIVEN: _(
            "The person who runs the forum’s server made a recovery code for you. Those you have still work."
        ),
        AccountEvent.CODE_USED: _("A recovery code was used. It won't work again; the others still do."),
        AccountEvent.SESSIONS_ENDED: _(
            "%(provider)s told us that somebody else may have been in your account there. To be safe, we "
            "logged you out here on every device.",
            provider=other,
        ),
        AccountEvent.EXPORT_ASKED: _(
            "A copy of everything of yours was asked for. We are putting it together."
        ),
        AccountEvent.EXPORT_READY: _(
            "The copy of everything of yours is ready. You can fetch it in your privacy settings, for seven days."
        ),
        AccountEvent.INACTIVE: _(
            "You have not been here for almost two years. Unless you log in within 30 days, your account "
            "and your posts will be deleted."
        ),
        AccountEvent.NAME_CHANGED: _("Your name here was changed. Every page shows the new one."),
        AccountEvent.LEAVING_CANCELLED: _(
            "You logged in, so your account stays. It and your posts are back as they were."
        ),
    }[event]


def _leaving_begun(provider_name: str) -> str:
    if provider_name:
        return _(
            "%(provider)s passed on that you want your account here deleted. Nobody sees it or your "
            "posts any more. In %(days)s days it is gone for good.",
            provider=provider_name,
            days=GRACE.days,
        )
    return _(
        "Your account is set to be deleted. Nobody sees it or your posts any more. In %(days)s days it "
        "is gone for good.",
        days=GRACE.days,
    )


def if_it_was_not_you(event: AccountEvent) -> str:
    """Return what to do now, or where it was not the member who did it."""
    match event:
        case AccountEvent.IDENTITY_ADDED | AccountEvent.PASSKEY_ADDED:
            return _(
                "If this was not you: log in, end all other sessions, and take away every way in that is not yours."
            )
        case AccountEvent.IDENTITY_REMOVED | AccountEvent.PASSKEY_REMOVED:
            return _(
                "If this was not you: log in, end all other sessions, and add your own way in again. If you can't "
                "log in any more, use a recovery code or write to us."
            )
        case AccountEvent.IDENTITY_DORMANT:
            return _(
                "You can come back at any time: log in the same way as before. If this was not you, look after "
                "your account there: change its password."
            )
        case AccountEvent.CODES_MADE | AccountEvent.CODE_GIVEN | AccountEvent.CODE_USED:
            return _("If this was not you: log in, end all other sessions, and make new recovery codes.")
        case AccountEvent.SESSIONS_ENDED:
            return _("Look after your account there first: change its password. Then log in here as usual.")
        case AccountEvent.LEAVING_BEGUN:
            return _(
                "If this was not you, or you think again: log in before then, and everything comes back."
            )
        case AccountEvent.EXPORT_ASKED | AccountEvent.EXPORT_READY:
            return _("If this was not you: log in, end all other sessions, and look through your ways in.")
        case AccountEvent.INACTIVE:
            return _("If you want to keep it, logging in once is enough. You need do nothing else.")
        case AccountEvent.LEAVING_CANCELLED:
            return _("If this was not you: log in, end all other sessions, and look through your ways in.")
        case AccountEvent.NAME_CHANGED:
            return _(
                "If this was not you: log in, end all other sessions, and take your name back in your settings. You "
                "can do that at once."
            )
