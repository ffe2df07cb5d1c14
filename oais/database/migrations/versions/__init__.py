"""The revisions, each written by ``python -m workshop.migration``; one that was released never changes."""
