"""Tests of letters: what stands in them, and how they reach a mail server."""
