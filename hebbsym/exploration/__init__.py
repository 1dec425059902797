"""Exploration: all rules of a space of coefficients, ranked by formula.

The room is called ``exploration`` because ``hebbsym.explore`` is the function that walks through it.

Contents
--------
values, sampling
    What one coefficient may be: a finite set, a grid, a range; which points are visited.
space
    Coefficients, patterns, cues, thresholds, criteria and sizes: what is explored, and how.
reading
    A space from a TOML file.
forms, columns, kernels, loops
    The claims of the general rule as numbers; what is computed of each rule; compiled.
classes
    Equivalent rules, divided out.
blocks, executors, journal, sweeping
    A block as a Parquet file; who does it; what is done; the sweep.
"""
