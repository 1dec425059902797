"""Explore: permutations of coefficients, ranked by formula and confirmed by simulation."""
