"""Bounded and discrete synapses as Markov chains: laws, fields by age, errors, and their judge."""
