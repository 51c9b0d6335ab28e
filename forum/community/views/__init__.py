"""The community's addresses. Importing a module here registers its routes."""

from forum.community.views import my_pages, topics, writing
from forum.community.views.blueprint import community

__all__ = ["community", "my_pages", "topics", "writing"]
