"""Policies in versions, what each member agreed to, and the ledger that proves it."""
