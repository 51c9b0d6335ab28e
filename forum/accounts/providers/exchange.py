"""The part of OAuth 2 that both providers share: where to send the person, and a code for a token.

This is the only module that knows Authlib. Its Flask client is not used: our attempts live in the database,
and the checks it leaves out are made in ``openid`` and ``facebook``.
"""

import hmac
from collections.abc import Mapping

from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from requests.exceptions import RequestException
from urllib3.exceptions import HTTPError

from config import ProviderSettings
from forum.accounts.providers.outcomes import Attempt, ProviderRefused, ProviderUnavailable, Reason
from forum.accounts.providers.wire import Conversation

# RFC 6749, section 5.2: errors that speak about our registration or their state, not about the person's code.
_NOT_THE_CODE = frozenset(
    {
        "invalid_client",
        "unauthorized_client",
        "unsupported_grant_type",
        "server_error",
        "temporarily_unavailable",
    }
)
# The Graph API's own codes for "not now": out of order, too many requests, blocked for a while.
_GRAPH_HAS_NO_TIME = frozenset({2, 4, 17, 341})
_MAX_TOKEN_LENGTH = 16 * 1024


def authorization_address(
    settings: ProviderSettings, attempt: Attempt, endpoint: str, scope: str, more: Mapping[str, str]
) -> str:
    """Return the address at the provider that the person is sent to: code flow with PKCE S256 (RFC 7636)."""
    client = OAuth2Session(
        settings.client_id, redirect_uri=attempt.redirect_uri, scope=scope, code_challenge_method="S256"
    )
    address, _state = client.create_authorization_url(
        endpoint, state=attempt.state, code_verifier=attempt.code_verifier, **more
    )
    return str(address)


def token_reply(
    talk: Conversation, settings: ProviderSettings, attempt: Attempt, endpoint: str, code: str
) -> dict[str, object]:
    """Trade the code for the token endpoint's reply, which has an access token.

    Raises ProviderRefused when the provider won't have the code or sends no access token;
    ProviderUnavailable when it can't be talked to or does not accept us.
    """
    try:
        reply = _answer(
            talk,
            settings,
            endpoint,
            redirect_uri=attempt.redirect_uri,
            grant_type="authorization_code",
            code=code,
            code_verifier=attempt.code_verifier,
        )
    except OAuthError as refusal:
        # ``error`` is whatever the provider sent; the Graph API sends an object.
        if isinstance(refusal.error, str) and refusal.error in _NOT_THE_CODE:
            raise ProviderUnavailable(Reason.CLIENT_REFUSED) from None
        raise ProviderRefused(Reason.CODE_REFUSED) from None
    require_token(reply, "access_token", Reason.NO_ACCESS_TOKEN)
    return reply


def require_known_client(talk: Conversation, settings: ProviderSettings, endpoint: str) -> None:
    """Ask for a token of the application itself (RFC 6749, section 4.4), and drop it: only who we are is in question.

    Raises ProviderRefused when the provider says that it doesn't know us or gives no token, ProviderUnavailable when
    it can't be talked to or has no time.
    """
    try:
        reply = _answer(talk, settings, endpoint, redirect_uri=None, grant_type="client_credentials")
    except OAuthError as refusal:
        if _has_no_time(refusal.error):
            raise ProviderUnavailable(Reason.SERVER_ERROR) from None
        raise ProviderRefused(Reason.CLIENT_REFUSED) from None
    require_token(reply, "access_token", Reason.NO_ACCESS_TOKEN)


def _has_no_time(error: object) -> bool:
    """Say whether an error is about the provider's own state, be it OAuth's word or the Graph API's object."""
    if isinstance(error, dict):
        return error.get("is_transient") is True or error.get("code") in _GRAPH_HAS_NO_TIME
    return error in ("server_error", "temporarily_unavailable")


def _answer(
    talk: Conversation, settings: ProviderSettings, endpoint: str, redirect_uri: str | None, **fields: str
) -> dict[str, object]:
    """Return what the token endpoint answers. Raises OAuthError for its refusals, else ProviderUnavailable."""
    client = OAuth2Session(
        settings.client_id,
        settings.client_secret,
        token_endpoint_auth_method="client_secret_post",  # noqa: S106  (The name of a method.)
        redirect_uri=redirect_uri,
    )
    talk.prepared(client)
    try:
        return dict(client.fetch_token(endpoint, allow_redirects=False, **fields))
    except (RequestException, HTTPError, OSError) as trouble:
        answered = isinstance(trouble, RequestException) and trouble.response is not None
        raise ProviderUnavailable(Reason.SERVER_ERROR if answered else Reason.UNREACHABLE) from None
    except (ValueError, TypeError, OverflowError, RecursionError):
        # Authlib lets these through for a reply that isn't JSON or whose lifetime isn't a number.
        raise ProviderUnavailable(Reason.NOT_JSON) from None
    finally:
        client.close()


def require_token(reply: dict[str, object], name: str, otherwise: Reason) -> str:
    """Return a token from the reply.

    Raises ProviderRefused(otherwise) unless it is a text of sane length and of visible ASCII characters, which is
    what it must be to go into a header (RFC 6749, appendix A.12).
    """
    token = reply.get(name)
    if not isinstance(token, str) or len(token) > _MAX_TOKEN_LENGTH or not is_visible_ascii(token):
        raise ProviderRefused(otherwise)
    return token


def is_visible_ascii(text: str) -> bool:
    """Say whether a text is of printable ASCII characters, at least one of them not a space."""
    return text.isascii() and text.isprintable() and bool(text.strip())


def is_same(given: str, own: str) -> bool:
    """Compare what someone gave with a secret of ours, in a time that tells nothing about it."""
    # What comes from outside may hold half a surrogate pair, which plain UTF-8 refuses.
    return hmac.compare_digest(given.encode(errors="surrogatepass"), own.encode())
