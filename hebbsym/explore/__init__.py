"""Explore: the coefficients of a rule, looked at all together.

Contents
--------
page
    One static HTML page: sliders, live curves, formulas, the place in an atlas of rules.
sliders
    What can be moved on a page, and between which ends.
javascript
    Expressions as JavaScript, with the special functions that it lacks.
"""
