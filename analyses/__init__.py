"""What is measured, and set beside data."""
