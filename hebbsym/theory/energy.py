r"""The energy of the memory that an additive rule trains, and the rules that have one.

.. math::
    E(\sigma) = -\tfrac12 \sum_{i \ne j} w_{ij} \sigma_i \sigma_j + \theta \sum_i \sigma_i
    = -\tfrac12 \sum_{\mu, p, q} c_{pq} \Big[ m_\mu^{(p)} m_\mu^{(q)}
      - \sum_i (\xi_i^\mu)^{p+q} \sigma_i^2 \Big] + \theta S,
    \qquad m_\mu^{(p)} = \sum_i (\xi_i^\mu)^p \sigma_i, \quad S = m^{(0)}

Main names
----------
energy_claim
    The energy in overlap form, with its derivation; an error where the rule has none.
overlap_form
    The closed form itself.

Conventions
-----------
A rule is first reduced to the powers that are independent on the alphabet of the patterns
(p, q < r on r values): on bipolar patterns c_0 + c_2_pre + c_2_post multiplies 1. Units have
two states, one is updated at a time, a tie keeps it. Terms that do not depend on the state are
kept, so that the closed form equals the definition for every state.

Which rules have an energy
--------------------------
1. W is symmetric for every set of patterns if and only if the reduced c_pq = c_qp.
2. Otherwise d_i w_ij = d_j w_ji with d_i > 0, which gives the energy
   -1/2 sum d_i w_ij sigma_i sigma_j + theta sum d_i sigma_i, holds for a rule in one
   activity only that keeps one sign on the alphabet (:mod:`hebbsym.theory.onesided`), and
   on two-valued patterns for no other rule.
3. A rule of neither kind may still lack limit cycles; :func:`hebbsym.theory.cycles.witness`
   exhibits one, and with {-1, +1} units always does when the rule takes both signs.

References
----------
hopfield1982 (the energy and its descent); goles1985 (the two-step function).
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from hebbsym.claim import Claim, Derivation, Regime, Requirement, Step
from hebbsym.errors import NotDerivable
from hebbsym.families.alphabet import reduced
from hebbsym.families.rules import ExpandedRule
from hebbsym.notation import D, K, i, j, mu, sigma, x_i, x_j, xi
from hebbsym.theory.descent import (
    form_evidence,
    reduction_evidence,
    run_evidence,
    slope_evidence,
    symmetry_evidence,
    two_step_evidence,
)
from hebbsym.theory.onesided import onesided_claim
from hebbsym.theory.symmetry import asymmetry, symmetric_part

W = sp.IndexedBase("w", real=True)
H = sp.IndexedBase("h", real=True)
NEW = sp.IndexedBase("sigma'", real=True)
BIPOLAR = (sp.Integer(-1), sp.Integer(1))
_SOURCE = "hopfield1982; goles1985; the overlap form and its condition are derived here"
_STATE, _AFTER, _E = sp.Symbol("sigma"), sp.Symbol("sigma'"), sp.Function("E")
_TOTAL = sp.Sum(W[i, j] * sigma[i] * sigma[j], (j, 1, D), (i, 1, D))


def overlap(p: int) -> sp.Expr:
    """The overlap m_mu^(p) of the state with the p-th power of pattern mu; S for p = 0.

    Examples
    --------
    >>> overlap(1)
    Sum(sigma[i]*xi[mu, i], (i, 1, D))
    """
    return sp.Sum(xi[mu, i] ** p * sigma[i], (i, 1, D))


def overlap_form(
    rule: ExpandedRule,
    values: Sequence[sp.Expr] = (),
    units: Sequence[sp.Expr] = BIPOLAR,
    threshold: sp.Expr = sp.S.Zero,
) -> sp.Expr:
    """E in overlap form, exact for every D and K.

    Parameters
    ----------
    rule : ExpandedRule
        Additive and already reduced to the alphabet. Only the symmetric part of its
        coefficients enters E.
    values : sequence of numbers
        The alphabet of the patterns; empty when it is not finite.
    units : (low, high)
    threshold : expression

    Examples
    --------
    >>> overlap_form(ExpandedRule(2, {(1, 1): 1}), (-1, 1))
    D*K/2 - Sum(Sum(sigma[i]*xi[mu, i], (i, 1, D))**2, (mu, 1, K))/2
    """
    pairs = sp.S.Zero
    for (p, q), c in symmetric_part(rule).terms.items():
        if p >= q:
            pairs += (1 if p == q else 2) * c * _over_patterns(overlap(p), overlap(q), p, q)
    alphabet, square = _square_of_state(values, units)
    diagonal = sp.S.Zero
    same = sp.Poly(sum(c * x_i ** (p + q) for (p, q), c in rule.terms.items()), x_i)
    for (power,), c in sp.rem(same, alphabet).terms() if alphabet else same.terms():
        diagonal += c * _over_units(power, square)
    return -pairs / 2 + diagonal / 2 + threshold * overlap(0)


def _over_patterns(first: sp.Expr, second: sp.Expr, p: int, q: int) -> sp.Expr:
    """Sum over patterns of m^(p) m^(q), p >= q; what does not depend on mu is taken out."""
    if p == 0:
        return K * first**2
    if q == 0:
        return second * sp.Sum(first, (mu, 1, K))
    return sp.Sum(first * second, (mu, 1, K))


def _square_of_state(
    values: Sequence[sp.Expr], units: Sequence[sp.Expr]
) -> tuple[sp.Poly | None, tuple[sp.Expr, sp.Expr]]:
    """The polynomial that vanishes on the alphabet, and (b, a) with sigma**2 = b + a*sigma."""
    low, high = units
    zero = sp.Poly(sp.prod(x_i - v for v in values), x_i) if values else None
    return zero, (sp.expand(-low * high), sp.expand(low + high))


def _over_units(power: int, square: tuple[sp.Expr, sp.Expr]) -> sp.Expr:
    """Sum over mu and i of xi**power * sigma**2, linear in the state."""
    constant, slope = square
    if power == 0:
        return K * (constant * D + slope * overlap(0))
    total = constant * sp.Sum(xi[mu, i] ** power, (i, 1, D), (mu, 1, K))
    return total + slope * sp.Sum(overlap(power), (mu, 1, K)) if slope != 0 else total


def energy_claim(
    rule: ExpandedRule,
    values: Sequence[sp.Expr] | None = None,
    threshold: sp.Expr = sp.S.Zero,
    units: Sequence[sp.Expr] | None = None,
) -> Claim:
    """The energy of the asynchronous dynamics, as a claim.

    Parameters
    ----------
    rule : ExpandedRule
        Additive.
    values : sequence of numbers, optional
        The alphabet of the patterns; None for a continuous law.
    threshold : expression
        The threshold of every unit; it must not depend on the state.
    units : (low, high), optional
        The states of a unit: the alphabet when it has two values, else (-1, 1).

    Raises
    ------
    OutsideClass
        For a rule whose update depends on w.
    NotDerivable
        When the weights have no energy; the message names the coefficients.

    Examples
    --------
    >>> energy_claim(ExpandedRule(2, {(1, 1): 1}), (-1, 1)).formula
    D*K/2 - Sum(Sum(sigma[i]*xi[mu, i], (i, 1, D))**2, (mu, 1, K))/2
    """
    alphabet = tuple(values or ())
    states = tuple(units or (alphabet if len(alphabet) == 2 else BIPOLAR))
    reduction = reduced(rule.require_additive(), alphabet) if alphabet else rule.require_additive()
    differences = asymmetry(reduction)
    scaled = onesided_claim(reduction, alphabet, threshold, states) if differences else None
    if scaled is not None:
        return scaled
    refuted = {pq: d for pq, d in differences.items() if d.is_zero is False}
    if refuted:
        raise NotDerivable(_refusal(rule, refuted, alphabet))
    formula = overlap_form(reduction, alphabet, states, threshold)
    return Claim(
        name="energy",
        title="energy of the asynchronous dynamics, in overlap form",
        formula=formula,
        regime=Regime.EXACT,
        assumptions=_assumptions(differences, alphabet, states),
        derivation=Derivation(_steps(rule, reduction, alphabet, states, threshold, formula)),
        source=_SOURCE,
        symbol=sp.Symbol("E"),
        requirements=tuple(
            Requirement(f"the distance from {_equality(d)}", sp.Abs(d), sp.S.Zero, strict=False)
            for d in differences.values()
        ),
    )


def _refusal(
    rule: ExpandedRule, refuted: dict[tuple[int, int], sp.Expr], values: Sequence[sp.Expr]
) -> str:
    (p, q), difference = next(iter(refuted.items()))
    where = f", on the values {', '.join(map(str, values))}," if values else ""
    factors = " and no factors d_i > 0 make d_i*w_ij symmetric" if len(values) == 2 else ""
    return (
        f"rule {rule.name!r} has no energy in its weights: the reduced coefficients{where} of "
        f"x_i**{p}*x_j**{q} and x_i**{q}*x_j**{p} differ by {difference}, so w_ij != w_ji"
        f"{factors}; hebbsym.witness(rule) looks for a limit cycle"
    )


def _assumptions(
    differences: dict[tuple[int, int], sp.Expr],
    values: Sequence[sp.Expr],
    units: Sequence[sp.Expr],
) -> tuple[str, ...]:
    conditions = tuple(
        f"{_equality(difference)}: W is symmetric for every set of patterns if and only if this "
        "holds; otherwise hebbsym.witness(rule) looks for a limit cycle"
        for difference in differences.values()
    )
    where = (f"patterns take the values {', '.join(map(str, values))}",) if values else ()
    return (
        *conditions,
        *where,
        f"units take the values {units[0]} and {units[1]}; w_ii = 0 and W starts at zero",
        "one unit is updated at a time: the higher value when h_i > theta, the lower when "
        "h_i < theta, no change on a tie",
        "theta is the same for all units and does not depend on the state",
    )


def _equality(difference: sp.Expr) -> str:
    """``difference = 0`` as text, with the negative terms on the right."""
    terms = sp.Add.make_args(difference)
    right = [-t for t in terms if t.could_extract_minus_sign()]
    left = [t for t in terms if not t.could_extract_minus_sign()]
    sides = [sp.Add(*left), sp.Add(*right)] if left else [sp.Add(*right), sp.S.Zero]
    return " = ".join(map(str, sides))


# --- the derivation, step by step -------------------------------------------------------------


def _steps(
    rule: ExpandedRule,
    reduction: ExpandedRule,
    values: tuple[sp.Expr, ...],
    units: tuple[sp.Expr, ...],
    threshold: sp.Expr,
    formula: sp.Expr,
) -> tuple[Step, ...]:
    return (
        *_symmetry_steps(rule, reduction, values),
        Step(
            sp.Eq(_E(_STATE), -_TOTAL / 2 + threshold * overlap(0), evaluate=False),
            "definition, with w_ii = 0",
        ),
        Step(
            sp.Eq(_E(_STATE), formula, evaluate=False),
            "the double sum over i != j is the complete one, a product of two overlaps, less the "
            "terms i = j, in which sigma_i**2 is linear in sigma_i for two states",
            form_evidence(reduction, values, units, formula, threshold),
        ),
        *_descent_steps(rule, values, units, threshold, formula),
        *_two_step_function(rule, values, units, threshold),
    )


def _symmetry_steps(
    rule: ExpandedRule, reduction: ExpandedRule, values: tuple[sp.Expr, ...]
) -> tuple[Step, ...]:
    """What the weights are, and when they are symmetric."""
    increment = reduction.update.xreplace({x_i: xi[mu, i], x_j: xi[mu, j]})
    swapped = reduction.update.xreplace({x_i: xi[mu, j], x_j: xi[mu, i]})
    return (
        Step(
            sp.Eq(W[i, j], sp.Sum(increment, (mu, 1, K)), evaluate=False),
            "each pattern adds the rule's increment once, and powers that the alphabet makes "
            "dependent are reduced",
            reduction_evidence(rule, reduction, values),
        ),
        Step(
            sp.Eq(
                W[i, j] - W[j, i],
                sp.Sum(sp.expand(increment - swapped), (mu, 1, K)),
                evaluate=False,
            ),
            "only the antisymmetric part of the coefficients survives; one pattern on two units "
            "shows that it vanishes for every set of patterns only if every c_pq = c_qp, since "
            "the powers left are independent on the alphabet",
            symmetry_evidence(reduction, values),
        ),
    )


def _descent_steps(
    rule: ExpandedRule,
    values: tuple[sp.Expr, ...],
    units: tuple[sp.Expr, ...],
    threshold: sp.Expr,
    formula: sp.Expr,
) -> tuple[Step, ...]:
    """The energy never rises when one unit is updated."""
    change = -(NEW[i] - sigma[i]) * (H[i] - threshold)
    return (
        Step(
            sp.Eq(_E(_AFTER) - _E(_STATE), change, evaluate=False),
            "W is symmetric without diagonal, so E is linear in sigma_i with slope theta - h_i; the "
            "update moves sigma_i towards the sign of h_i - theta, hence the change is never "
            "positive, and negative when the unit moves",
            slope_evidence(),
        ),
        Step(
            sp.Le(_E(_AFTER) - _E(_STATE), 0),
            "the same on the update that is run, for weights trained pattern by pattern: every "
            "unit from every state, with exact rational coefficients and thresholds",
            run_evidence(rule, values, units, formula - threshold * overlap(0)),
        ),
    )


def _two_step_function(
    rule: ExpandedRule,
    values: tuple[sp.Expr, ...],
    units: tuple[sp.Expr, ...],
    threshold: sp.Expr,
) -> tuple[Step, ...]:
    """The function that never rises when all units are updated at once."""
    two_step, t = sp.Function("F"), sp.Symbol("t", integer=True)
    site, other, field = map(sp.Function, ("sigma_i", "sigma_j", "h_i"))
    cross = sp.Sum(W[i, j] * site(t + 1) * other(t), (j, 1, D), (i, 1, D))
    return (
        Step(
            sp.Eq(
                two_step(t),
                -cross + threshold * sp.Sum(site(t) + site(t + 1), (i, 1, D)),
                evaluate=False,
            ),
            "definition of the two-step function, for all units updated at once",
        ),
        Step(
            sp.Eq(
                two_step(t) - two_step(t - 1),
                -sp.Sum((site(t + 1) - site(t - 1)) * (field(t) - threshold), (i, 1, D)),
                evaluate=False,
            ),
            "W is symmetric, and sigma_i(t+1) has the sign of h_i(t) - theta, so no term is "
            "positive; a tie acts like an infinitesimal w_ii > 0, so the period is 1 or 2",
            two_step_evidence(rule, values, units),
        ),
    )
