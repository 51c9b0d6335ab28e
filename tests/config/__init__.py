"""Tests of the deploy settings."""
