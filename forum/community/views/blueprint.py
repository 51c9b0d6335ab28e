"""The blueprint that every module of these views adds its routes to."""

from flask import Blueprint

community = Blueprint("community", __name__)

SEE_OTHER = 303
