"""What is set aside for losses."""
