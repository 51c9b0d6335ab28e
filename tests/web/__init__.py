"""Tests of what stands around every view."""
