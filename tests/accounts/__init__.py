"""Tests of accounts: providers, sign-in and sign-in sessions."""
