"""The information model of OAIS: what identifiers, fixity, findings and descriptions are."""
