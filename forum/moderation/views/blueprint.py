"""The blueprint that every address of moderation belongs to, and nothing else."""

from flask import Blueprint

moderation = Blueprint("moderation", __name__)
