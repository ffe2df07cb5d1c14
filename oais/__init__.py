"""The archive: what things are (information), what is done with them (functions), its doors."""
