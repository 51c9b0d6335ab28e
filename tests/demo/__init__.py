"""Tests of the demo: its guard, its processes, and the stand-in provider itself."""
