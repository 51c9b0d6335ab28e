"""Tests of the database room: what holds whichever of the two databases is below."""
