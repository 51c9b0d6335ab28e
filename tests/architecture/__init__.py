"""Tests that walk the whole project and hold it to its rules. Each walker is also shown something that breaks it."""
