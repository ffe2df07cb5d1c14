"""The functional entities of OAIS: ingest, storage, data management, access, administration."""
