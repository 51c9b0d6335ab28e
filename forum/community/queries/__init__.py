"""The community's pages, read."""
