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
confirm
    Rules of a sweep simulated on one bank of fields, and judged as one family.
singly
    The same of rules that no bank serves, each by networks of its own.
optimise, objectives, certificates
    The best coefficients under a criterion; the ways to them; why they are best.
landscape, heights, ascent
    The general rule at numbers; a criterion as a height over its coefficients; searches that climb it.
tuning, box
    The best coefficients of a space with coefficients of w, within its bounds.
halves
    What a pattern leaves of a weight and what it adds, as numbers.
conditions
    Both of these under every condition of a space.
ranking, fronts
    Ranks, Pareto fronts, robustness against flips; the fronts of a sweep.
phases, prices, pictures
    The plane of two coefficients with its critical lines, what coefficients cost, and the figures.
atlas, affine_atlas, results
    The table of classes; that of rules affine in the weight; what a finished sweep shows.
page, markup
    One static HTML page: sliders, live curves, formulas, the place among named rules and classes.
sweeppage
    The page of a sweep: its space opened, its rules beside it.
content, sliders, landmarks
    Which claims are drawn; what can be moved and between which ends; the rules that are shown beside it.
javascript
    Expressions as JavaScript, with the special functions that it lacks.
"""
