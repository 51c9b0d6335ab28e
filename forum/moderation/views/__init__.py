"""The addresses of moderation, one module for each thing that moderators work on. A view holds no rule."""

from forum.moderation.views import desk, log, members, notices, reports, telling, threads
from forum.moderation.views.blueprint import moderation

__all__ = ["desk", "log", "members", "moderation", "notices", "reports", "telling", "threads"]
