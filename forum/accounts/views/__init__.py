"""The addresses of accounts: each module here is one page or one conversation, on one blueprint."""

from forum.accounts.views import sign_in
from forum.accounts.views.blueprint import PROVIDER_NAMES, ProviderChoice, accounts, provider_choices
from forum.accounts.views.sign_in import nobody_new

__all__ = ["PROVIDER_NAMES", "ProviderChoice", "accounts", "nobody_new", "provider_choices", "sign_in"]
