"""What the archive promises, checked through its public doors."""
