"""Tests of the information model."""
