"""What a network is asked to do."""
