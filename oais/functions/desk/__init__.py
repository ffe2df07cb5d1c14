"""The desks of the staff: what waits, what was refused, where all lies, and what needs somebody's hand."""
