"""What a population of neurons does, recorded or simulated; all on the one form of :mod:`form`."""
