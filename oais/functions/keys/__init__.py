"""Root keys and signing keys: prepared in the archive, signed elsewhere by persons, finished here."""
