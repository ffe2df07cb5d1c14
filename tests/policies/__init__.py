"""Tests of agreements, access and the tree."""
