"""What policies say: explained for one object, listed by date, compared before they change."""
