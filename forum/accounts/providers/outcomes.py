"""What a conversation with a provider takes and gives: the attempt, the identity, and the ways it can fail.

Plain values only. Nothing here talks to anyone, and no value here ever holds a token: an access token or ID
token lives and dies inside one call.
"""

# ruff: noqa: S105  (What look like passwords here are reason codes that speak of tokens.)

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Provider(StrEnum):
    """Whom a member may sign in with."""

    GOOGLE = "google"
    FACEBOOK = "facebook"


# What people call them.
PROVIDER_NAMES = {Provider.GOOGLE: "Google", Provider.FACEBOOK: "Facebook"}
# Who never says when somebody logged in there: coming back from one proves less.
WITHOUT_AUTH_TIME = frozenset({Provider.FACEBOOK})


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sign-in under way: what the callback must match. Everything but the provider is a secret."""

    provider: Provider
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    code_verifier: str = field(repr=False)
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class ProvidedIdentity:
    """Who the provider says this is: ``issuer`` and ``subject`` are the identity, the rest are hints.

    ``name_hints`` serve one comparison (a chosen display name like the provider's is questioned) and are then
    forgotten. ``auth_time`` is when the person last proved themselves to the provider, where it tells.
    """

    provider: Provider
    issuer: str
    subject: str = field(repr=False)
    email: str | None = field(repr=False)
    email_verified: bool
    name_hints: tuple[str, ...] = field(repr=False)
    auth_time: datetime | None


class Reason(StrEnum):
    """Why a sign-in or a provider's call did not succeed: the only words about it that may reach a log."""

    # What the browser brought back to the callback.
    DUPLICATED_PARAMETER = "duplicated-parameter"
    WRONG_PROVIDER = "wrong-provider"
    WRONG_STATE = "wrong-state"
    WRONG_ISSUER_PARAMETER = "wrong-issuer-parameter"
    MISSING_ISSUER_PARAMETER = "missing-issuer-parameter"
    MISSING_CODE = "missing-code"
    PROVIDER_SAID_ERROR = "provider-said-error"
    DECLINED = "declined"
    # Where the provider says it lives.
    DISCOVERY_ISSUER = "discovery-issuer"
    DISCOVERY_INCOMPLETE = "discovery-incomplete"
    DISCOVERY_ALGORITHM = "discovery-algorithm"
    ENDPOINT_NOT_ALLOWED = "endpoint-not-allowed"
    # What the token endpoint answered.
    CODE_REFUSED = "code-refused"
    CLIENT_REFUSED = "client-refused"
    NO_ACCESS_TOKEN = "no-access-token"
    NO_ID_TOKEN = "no-id-token"
    # What the ID token says.
    MALFORMED_ID_TOKEN = "malformed-id-token"
    WRONG_ALGORITHM = "wrong-algorithm"
    UNKNOWN_KEY = "unknown-key"
    WRONG_SIGNATURE = "wrong-signature"
    WRONG_ISSUER = "wrong-issuer"
    WRONG_AUDIENCE = "wrong-audience"
    WRONG_NONCE = "wrong-nonce"
    EXPIRED = "expired"
    WRONG_ISSUE_TIME = "wrong-issue-time"
    WRONG_AUTHENTICATION_TIME = "wrong-authentication-time"
    WRONG_SUBJECT = "wrong-subject"
    # What the Graph API says of its access token and its person.
    TOKEN_NOT_VALID = "token-not-valid"
    TOKEN_OF_ANOTHER_APP = "token-of-another-app"
    TOKEN_OF_ANOTHER_PERSON = "token-of-another-person"
    PROFILE_REFUSED = "profile-refused"
    # What a provider sends unasked; its signature, algorithm, issuer, audience and time have their words above.
    MALFORMED_SIGNED_REQUEST = "malformed-signed-request"
    MALFORMED_SECURITY_EVENT = "malformed-security-event"
    # Trouble on the way, not in what was said.
    TOO_MANY_CALLS = "too-many-calls"
    TOOK_TOO_LONG = "took-too-long"
    UNREACHABLE = "unreachable"
    REDIRECTED = "redirected"
    SERVER_ERROR = "server-error"
    TOO_LARGE = "too-large"
    NOT_JSON = "not-json"


class ProviderError(Exception):
    """A sign-in that did not succeed. Its message is a reason code, never a provider's words or a secret."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class ProviderRefused(ProviderError):
    """The person's browser or the provider said something invalid: answer 400."""


class ProviderUnavailable(ProviderError):
    """The provider can't be talked to now: answer with a "try again" page, 502 or 503."""


class PersonDeclined(ProviderError):
    """The person said no at the provider: answer with a friendly page, nothing is wrong."""

    def __init__(self) -> None:
        super().__init__(Reason.DECLINED)
