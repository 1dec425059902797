"""From a setting whose rule is no expanded rule on pairs to the network that a simulation runs.

Main names
----------
synapse_network
    The network of a setting with a bounded rule at sizes, in numbers.
nbody_network
    That of a setting with an n-body rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import sympy as sp

from hebbsym import notation
from hebbsym.numeric import evaluate
from hebbsym.simulate.nbody import NBodyNetwork
from hebbsym.simulate.synapses import SynapseNetwork
from hebbsym.theory.bounded.bench import SynapseBench
from hebbsym.theory.bounded.synapse import chain_of
from hebbsym.theory.nbody.bench import NBodyBench
from hebbsym.theory.nbody.moments import require_nbody
from hebbsym.theory.setting import Setting

Values = Mapping[sp.Symbol, sp.Expr]

_DIGITS = 20


def synapse_network(setting: Setting, at: Values, ages: tuple[int, ...] = ()) -> SynapseNetwork:
    """The network of a setting with a bounded rule.

    Parameters
    ----------
    setting : Setting
        Free of symbols, but for the sizes.
    at : mapping of symbol to exact number
        The sizes D, K and M, and the age where the threshold depends on it.
    ages : tuple of int
        The ages of the patterns that are recalled; all patterns together when there are none.

    Examples
    --------
    >>> from hebbsym.families.named import rule
    >>> sizes = {notation.D: sp.Integer(50), notation.K: sp.Integer(10)}
    >>> network = synapse_network(Setting(rule("clipped(bound=2)")), sizes, ages=(3,))
    >>> network.weights, network.start, network.ages
    ((-2, -1, 0, 1, 2), 2, (3,))
    """
    chain = chain_of(setting, int(at[notation.K]))
    theta = SynapseBench(setting).theta
    if notation.age in theta.free_symbols:
        ages = (int(at[notation.age]),)
    moves = {
        (u, v, k): [(to, _number(chain.expression(p), at)) for to, p in reached]
        for (u, v), step in chain.steps.items()
        for k, reached in step.items()
    }
    return SynapseNetwork(
        units=int(at[notation.D]),
        patterns=int(at[notation.K]),
        weights=tuple(_number(chain.expression(w), at) for w in chain.weights),
        start=chain.start,
        moves={key: reached or [(key[2], 1)] for key, reached in moves.items()},
        law=setting.post,
        cue=setting.cue,
        address=None if setting.auto else setting.pre,
        outputs=None if setting.auto else int(at[notation.M]),
        threshold=_number(theta, at),
        ages=ages or None,
        share=_number(setting.threshold.share, at),
    )


def nbody_network(setting: Setting, at: Values, ages: tuple[int, ...] = ()) -> NBodyNetwork:
    """The network of a setting with an n-body rule.

    Parameters
    ----------
    setting : Setting
        Free of symbols, but for the sizes.
    at : mapping of symbol to exact number
        The sizes D, K and M.
    ages : tuple of int
        The ages of the patterns that are recalled; all patterns together when there are none.

    Examples
    --------
    >>> from hebbsym.families.nbody import nbody_products
    >>> sizes = {notation.D: sp.Integer(50), notation.K: sp.Integer(10)}
    >>> nbody_network(Setting(nbody_products((3,))), sizes).coefficients
    {(3, 1, 2): 1}
    """
    rule = require_nbody(setting.rule)
    return NBodyNetwork(
        units=int(at[notation.D]),
        patterns=int(at[notation.K]),
        coefficients={place: _number(c, at) for place, c in rule.terms.items()},
        law=setting.post,
        cue=setting.cue,
        address=None if setting.auto else setting.pre,
        outputs=None if setting.auto else int(at[notation.M]),
        threshold=_number(NBodyBench(setting).theta, at),
        ages=ages or None,
    )


def _number(expression: sp.Expr, at: Values) -> Fraction | int | float:
    """A whole number or a fraction where the value is rational, so that ties are seen; else a float."""
    exact = expression.xreplace(dict(at))
    if exact.is_Integer:
        return int(exact)
    if exact.is_Rational:
        return Fraction(int(exact.p), int(exact.q))
    return float(evaluate(expression, at, _DIGITS))
