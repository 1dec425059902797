"""From signal and noise to the number of patterns, always under a named criterion."""
