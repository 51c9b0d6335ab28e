"""The addresses of administration. To everybody whose task it is not, they do not exist.

Importing a module here registers its routes.
"""

from forum.admin.views import categories, policies, settings, terms
from forum.admin.views.blueprint import admin

__all__ = ["admin", "categories", "policies", "settings", "terms"]
