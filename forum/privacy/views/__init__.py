"""The addresses of a member's rights, and of the policies. Importing a module here registers its routes."""

from forum.privacy.views import consents, exports, leaving, policies, profile, receipts, restriction
from forum.privacy.views.blueprint import privacy

__all__ = ["consents", "exports", "leaving", "policies", "privacy", "profile", "receipts", "restriction"]
