"""Facebook Login by the Graph API: the dialog, the token, whose token it is, and the profile's id and name.

Facebook gives no e-mail to the one permission we ask for, and would not vouch for it: nobody is known by it
here.
"""

import hashlib
import hmac
from datetime import date, timedelta

from config import ProviderSettings
from forum import clock
from forum.accounts.providers.exchange import (
    authorization_address,
    is_same,
    is_visible_ascii,
    require_known_client,
    require_token,
    token_reply,
)
from forum.accounts.providers.outcomes import Attempt, ProvidedIdentity, Provider, ProviderRefused, Reason
from forum.accounts.providers.wire import Conversation, ProviderCalls, place

# The Graph API version is pinned here and nowhere else, with the day on which it stops answering as the
# platform's changelog gives it. Moving to a newer one means changing these two lines.
GRAPH_API_VERSION = "v25.0"
GRAPH_API_END_OF_LIFE = date(2028, 7, 29)
WARNED_BEFORE = timedelta(days=183)

SCOPE = "public_profile"
MAX_SUBJECT_LENGTH = 255
MAX_NAME_LENGTH = 200

_DIALOG = f"https://www.facebook.com/{GRAPH_API_VERSION}/dialog/oauth"
_GRAPH = f"https://graph.facebook.com/{GRAPH_API_VERSION}"


def graph_api_ends_soon() -> bool:
    """Say whether the pinned version stops answering within six months."""
    return clock.now().date() >= GRAPH_API_END_OF_LIFE - WARNED_BEFORE


def graph_api_ended() -> bool:
    """Say whether the pinned version has stopped answering."""
    return clock.now().date() >= GRAPH_API_END_OF_LIFE


def start(settings: ProviderSettings, attempt: Attempt, *, prove: bool = False) -> str:
    """Return the dialog's address; nobody is contacted. To ``prove`` themselves people give their password there."""
    endpoint = settings.authorize_url or _DIALOG
    place(endpoint)
    # No nonce: without an ID token there is nothing that could carry it back.
    more = {"auth_type": "reauthenticate"} if prove else {}
    return authorization_address(settings, attempt, endpoint, SCOPE, more)


def finish(calls: ProviderCalls, settings: ProviderSettings, attempt: Attempt, code: str) -> ProvidedIdentity:
    """Trade the code and return whose profile it opens, once the token is known to be ours and theirs."""
    token_url = _token_url(settings)
    profile_url = settings.profile_url or f"{_GRAPH}/me"
    debug_token_url = settings.debug_token_url or f"{_GRAPH}/debug_token"

    def conversation(talk: Conversation) -> ProvidedIdentity:
        reply = token_reply(talk, settings, attempt, token_url, code)
        access_token = require_token(reply, "access_token", Reason.NO_ACCESS_TOKEN)
        owner = _vouched_owner(talk, settings, debug_token_url, access_token)
        subject, name = _profile(talk, settings, profile_url, access_token)
        if not is_same(owner, subject):
            raise ProviderRefused(Reason.TOKEN_OF_ANOTHER_PERSON)
        return ProvidedIdentity(
            provider=Provider.FACEBOOK,
            issuer=settings.issuer,
            subject=subject,
            email=None,
            email_verified=False,
            name_hints=(name,) if name else (),
            auth_time=None,
        )

    return calls.run(frozenset(map(place, (token_url, profile_url, debug_token_url))), conversation)


def require_known_app(calls: ProviderCalls, settings: ProviderSettings) -> None:
    """Raise ProviderRefused unless the Graph API takes our app id and secret; for whoever looks at the set-up."""
    token_url = _token_url(settings)
    calls.run(frozenset({place(token_url)}), lambda talk: require_known_client(talk, settings, token_url))


def proof_of_secret(settings: ProviderSettings, access_token: str) -> str:
    """Return the ``appsecret_proof`` that shows a call with this token comes from us."""
    return hmac.new(settings.client_secret.encode(), access_token.encode(), hashlib.sha256).hexdigest()


def _token_url(settings: ProviderSettings) -> str:
    return settings.token_url or f"{_GRAPH}/oauth/access_token"


def _vouched_owner(talk: Conversation, settings: ProviderSettings, address: str, access_token: str) -> str:
    """Return the id of the person whom the platform says this token was made for, by our app."""
    status, answer = talk.get_json(
        address, {"input_token": access_token}, bearer=f"{settings.client_id}|{settings.client_secret}"
    )
    facts = answer.get("data")
    if status != 200 or not isinstance(facts, dict) or facts.get("is_valid") is not True:
        raise ProviderRefused(Reason.TOKEN_NOT_VALID)
    if facts.get("app_id") != settings.client_id:
        raise ProviderRefused(Reason.TOKEN_OF_ANOTHER_APP)
    return _required_id(facts.get("user_id"))


def _profile(
    talk: Conversation, settings: ProviderSettings, address: str, access_token: str
) -> tuple[str, str | None]:
    """Return the profile's id and name."""
    status, answer = talk.get_json(
        address,
        {"fields": "id,name", "appsecret_proof": proof_of_secret(settings, access_token)},
        bearer=access_token,
    )
    if status != 200:
        raise ProviderRefused(Reason.PROFILE_REFUSED)
    name = answer.get("name")
    # Half a surrogate pair is no character; it would trip whoever compares or stores the name.
    hint = name[:MAX_NAME_LENGTH].encode(errors="replace").decode() if isinstance(name, str) else None
    return _required_id(answer.get("id")), hint


def _required_id(value: object) -> str:
    if not isinstance(value, str) or len(value) > MAX_SUBJECT_LENGTH or not is_visible_ascii(value):
        raise ProviderRefused(Reason.WRONG_SUBJECT)
    return value
