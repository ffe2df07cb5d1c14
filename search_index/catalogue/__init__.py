"""What is known of packages, in one database file: the only room that knows SQLAlchemy."""
