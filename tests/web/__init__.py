"""Tests of the site and of the access behind it."""
