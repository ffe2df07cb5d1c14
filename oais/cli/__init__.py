"""The command line: one module for each kind of person who uses the archive."""
