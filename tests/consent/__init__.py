"""Tests of consent: the step before anything is stored, the ledger, the policies."""
