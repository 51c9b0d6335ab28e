"""The blueprint that every module of these views adds its routes to."""

from flask import Blueprint

privacy = Blueprint("privacy", __name__)
