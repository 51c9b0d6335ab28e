"""The blueprint that every module of these views adds its routes to."""

from flask import Blueprint

admin = Blueprint("admin", __name__)

SEE_OTHER = 303
