"""Real input: scenes of handwritten digits."""
