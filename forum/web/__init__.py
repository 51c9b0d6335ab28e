"""The ground every page stands on: transactions, access, tokens, headers, rendering. No feature's page is here."""
