"""Tests of accounts, sessions, tokens, groups and delegations."""
