"""Proof of the site in a real browser: journeys of its users, and every page readable for all."""
