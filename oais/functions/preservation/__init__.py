"""Preservation planning (ISO 14721): the formats held, what threatens them, what is done about it."""
