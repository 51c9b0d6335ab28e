"""Structured pages about treatments, in versions, each with a discussion topic in the community."""
