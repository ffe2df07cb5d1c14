"""Dissemination packages: bags made to order from stored packages."""
