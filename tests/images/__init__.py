"""Tests of how pictures are made harmless, and where they lie."""
