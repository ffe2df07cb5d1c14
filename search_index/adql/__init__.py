"""ADQL over the catalogue: one SELECT, read by a grammar of our own and answered by SQL of our own."""
