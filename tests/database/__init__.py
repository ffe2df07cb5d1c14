"""Tests of the database behind the functions."""
