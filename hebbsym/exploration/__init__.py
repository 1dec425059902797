"""Exploration: all rules of a space of coefficients, ranked by formula.

The room is called ``exploration`` because ``hebbsym.explore`` is the function that walks through it.

Contents
--------
values
    What one coefficient may be: a finite set, a grid, a range.
space
    Coefficients, patterns, cues, thresholds, criteria and sizes: what is explored, and how.
reading
    A space from a TOML file.
confirm
    Rules of a sweep simulated on one bank of fields, and judged as one family.
optimise, ascent
    The best coefficients under a criterion, with a certificate.
conditions
    Both of these under every condition of a space.
ranking
    Ranks, Pareto fronts, robustness against flips.
phases, prices, pictures
    The plane of two coefficients with its critical lines, what coefficients cost, and the figures.
atlas
    The table of classes.
"""
