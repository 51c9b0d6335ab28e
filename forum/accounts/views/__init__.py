"""The addresses of accounts: each module here is one page or one conversation, on one blueprint."""

from forum.accounts.providers import PROVIDER_NAMES
from forum.accounts.views import from_providers, passkeys, recovery, sessions, sign_in
from forum.accounts.views.blueprint import ProviderChoice, accounts, keys_of_issuers, provider_choices
from forum.accounts.views.sign_in import nobody_new

__all__ = [
    "PROVIDER_NAMES",
    "ProviderChoice",
    "accounts",
    "from_providers",
    "keys_of_issuers",
    "nobody_new",
    "passkeys",
    "provider_choices",
    "recovery",
    "sessions",
    "sign_in",
]
