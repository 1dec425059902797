"""Rules affine in the weight: laws of weights and fields by the age of a pattern."""
