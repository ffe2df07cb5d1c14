"""Programs of others that give a second opinion on what the archive makes."""
