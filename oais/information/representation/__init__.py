"""Representation Information: which format a file is in, and what its own headers say of it."""
