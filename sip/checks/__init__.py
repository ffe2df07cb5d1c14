"""What a submission must satisfy: one check, one file; each yields findings and stops at none."""
