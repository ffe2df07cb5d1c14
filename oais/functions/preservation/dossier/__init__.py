"""The dossier: what auditors ask of an archive, and the facts that speak for it."""
