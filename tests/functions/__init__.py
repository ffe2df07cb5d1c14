"""Tests of what the archive does, from delivery to DIP."""
