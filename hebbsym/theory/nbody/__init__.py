"""The expanded Hebbian rule on n-body synapses: moments, best rule, separation function."""
