"""Tests of working with words."""
