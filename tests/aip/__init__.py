"""Tests of the packages that are kept: built, sealed, stored, validated."""
