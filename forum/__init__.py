"""Alongside: a self-hosted peer-support community forum for people who live with chronic pain."""

__version__ = "0.1.0"
