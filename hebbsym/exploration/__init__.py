"""Exploration: all rules of a space of coefficients, ranked by formula.

The room is called ``exploration`` because ``hebbsym.explore`` is the function that walks through it.

Contents
--------
page
    One static HTML page: sliders, live curves, formulas, the place among named rules and classes.
sliders, landmarks
    What can be moved on a page and between which ends; the rules that are shown beside it.
javascript
    Expressions as JavaScript, with the special functions that it lacks.
"""
