"""Names of targets resolved to positions: by what is held, by a file of names, by a service."""
