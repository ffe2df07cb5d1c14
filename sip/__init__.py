"""Submission packages: bags as providers deliver them, checked and taken into custody."""
