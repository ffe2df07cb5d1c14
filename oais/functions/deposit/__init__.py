"""Deposit over HTTP: a provider's delivery arrives in pieces, is ingested, and is answered by its receipt."""
