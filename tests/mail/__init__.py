"""Tests of the room ``oais.mail``."""
