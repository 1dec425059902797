r"""The symbols of the theory, and how they are typeset: the only place where they are made.

Conventions
-----------
D units, K stored patterns, load alpha = K/D. ``w_ij`` leads from unit j (presynaptic,
activity ``x_j``) to unit i (postsynaptic, ``x_i``). ``c_pq`` multiplies
``x_i**p * x_j**q``; its names follow the order n = p + q:

============  ==========  =========================
exponents     text        LaTeX
============  ==========  =========================
(0, 0)        c_0         :math:`c_0`
(n, 0)        c_n_post    :math:`c_n^{\mathrm{post}}`
(0, n)        c_n_pre     :math:`c_n^{\mathrm{pre}}`
(1, 1)        c_2_corr    :math:`c_2^{\mathrm{corr}}`
(p, q)        c_pq_corr   :math:`c_{pq}^{\mathrm{corr}}`
============  ==========  =========================

``c_nbody_pk`` multiplies ``x_i**p`` and the elementary symmetric polynomial e_k of the n - 1
presynaptic values of an n-body synapse (LaTeX :math:`c^{(n)}_{pk}`).

Where an increment is affine in the weight, ``d_pq`` multiplies ``w * x_i**p * x_j**q``, with names
and LaTeX of the same pattern.

Functions take symbols as arguments; none looks one up by its name. The one exception is
the boundary where a user types names (formula text, ``--at``): :func:`named` gives the
symbol of the theory that bears a name, or a real symbol of that name.
"""

from __future__ import annotations

import re

import sympy as sp
from sympy.printing.latex import LatexPrinter

D = sp.Symbol("D", integer=True, positive=True)
K = sp.Symbol("K", integer=True, positive=True)
M = sp.Symbol("M", integer=True, positive=True)
"""Number of postsynaptic units of a hetero-associative memory."""
x = sp.Symbol("x", real=True)
"""The value stored at the unit whose field is looked at."""
x_i = sp.Symbol("x_i", real=True)
x_j = sp.Symbol("x_j", real=True)
PRESYNAPTIC = (x_j, *sp.symbols("x_k x_l x_m x_n x_o x_p", real=True))
"""The values of the presynaptic units of one n-body synapse, x_j first."""
w = sp.Symbol("w", real=True)
a = sp.Symbol("a", real=True)
f = sp.Symbol("f", positive=True)
delta = sp.Symbol("delta", nonnegative=True)
epsilon = sp.Symbol("epsilon", positive=True)
eta = sp.Symbol("eta", real=True)
lam = sp.Symbol("lam", real=True)
theta = sp.Symbol("theta", real=True)
alpha = sp.Symbol("alpha", positive=True)
z = sp.Symbol("z", positive=True)
"""The signal-to-noise ratio that a criterion demands is ``z**2``."""
age = sp.Symbol("age", integer=True, nonnegative=True)
S = sp.Symbol("S", integer=True, positive=True)
"""How many of the most recent patterns are recalled."""
q_plus = sp.Symbol("q_plus", real=True)
q_minus = sp.Symbol("q_minus", real=True)
"""Probabilities that a discrete synapse steps up, or down, when a pattern asks for it."""

kappa = sp.Symbol("kappa", nonnegative=True)
"""Margin: how far every field is on its right side, the weights of a unit having squared length D."""
m = sp.Symbol("m", real=True)
"""Overlap of a state with a pattern; mean of the labels in a bound."""
T = sp.Symbol("T", nonnegative=True)
"""Temperature of the recall, in units of the field that a recalled pattern gives."""
P = sp.Symbol("P", integer=True, positive=True)
N = sp.Symbol("N", integer=True, positive=True)
"""Number of labelled points, and of free weights, of one unit."""
y = sp.Symbol("y", positive=True)
"""Signal over noise of the field in the mean field, m**(n-1)/sqrt(2 Sigma)."""

i = sp.Symbol("i", integer=True, positive=True)
j = sp.Symbol("j", integer=True, positive=True)
mu = sp.Symbol("mu", integer=True, positive=True)
nu = sp.Symbol("nu", integer=True, positive=True)
xi = sp.IndexedBase("xi", real=True)
"""``xi[mu, i]``: the value of pattern mu at unit i."""
sigma = sp.IndexedBase("sigma", real=True)
"""``sigma[i]``: the state of unit i."""

r = sp.Symbol("r", integer=True, nonnegative=True)
"""How many of the other patterns hold the higher value at the unit."""
m = sp.Symbol("m", real=True)
"""The overlap of a pattern with the state, sum_j xi_j sigma_j."""
rho = sp.Symbol("rho", positive=True)
field_mean = sp.Function("M", real=True)
field_variance = sp.Function("V", real=True)

_NAMED = {
    s.name: s
    for s in (D, K, M, x, x_i, x_j, w, a, f, delta, epsilon, eta, lam, theta, alpha, z, age, S)
}
_SPELLED = {"lam": r"\lambda", "age": r"\operatorname{age}", "q_plus": "q_{+}", "q_minus": "q_{-}"}
STANDARD = frozenset(_NAMED.values())
"""Symbols of the theory: a value for one that does not occur is not an error."""
_COEFFICIENT = re.compile(r"([cd])_(?:0|([1-9][0-9]*)_(pre|post)|2_corr|([1-9])([1-9])_corr)$")


def coefficient(p: int, q: int) -> sp.Symbol:
    """The coefficient of ``x_i**p * x_j**q`` in the expanded Hebbian rule.

    Examples
    --------
    >>> [str(coefficient(p, q)) for p, q in ((0, 0), (1, 0), (0, 2), (1, 1), (2, 1))]
    ['c_0', 'c_1_post', 'c_2_pre', 'c_2_corr', 'c_21_corr']
    """
    return sp.Symbol(coefficient_name(p, q), real=True)


def slope(p: int, q: int) -> sp.Symbol:
    """The coefficient of ``w * x_i**p * x_j**q`` in a rule that is affine in the weight.

    Examples
    --------
    >>> [str(slope(p, q)) for p, q in ((0, 0), (2, 0), (1, 1))]
    ['d_0', 'd_2_post', 'd_2_corr']
    """
    return sp.Symbol("d" + coefficient_name(p, q)[1:], real=True)


def body_coefficient(n: int, p: int, k: int) -> sp.Symbol:
    """The coefficient of ``x_i**p * e_k`` in the rule of n-body synapses.

    ``e_k`` is the elementary symmetric polynomial of degree k of the n - 1 presynaptic values.

    Examples
    --------
    >>> body_coefficient(3, 1, 2), print(latex(body_coefficient(3, 1, 2)))
    c^{(3)}_{12}
    (c_3body_12, None)
    """
    return sp.Symbol(f"c_{n}body_{p}{k}", real=True)


def elementary_symmetric(k: int) -> sp.Symbol:
    """The elementary symmetric polynomial e_k of the presynaptic values, as a name.

    Examples
    --------
    >>> elementary_symmetric(2)
    e_2
    """
    return sp.Symbol(f"e_{k}", real=True)


def level(criterion: str) -> sp.Symbol:
    """The admissible probability of failure of one criterion, where others have levels of their own.

    Examples
    --------
    >>> level("bit"), print(latex(level("bit")))
    \\epsilon_{bit}
    (epsilon_bit, None)
    """
    return sp.Symbol(f"{epsilon}_{criterion}", positive=True)


def coefficient_name(p: int, q: int) -> str:
    """The text name of the coefficient of ``x_i**p * x_j**q``.

    Examples
    --------
    >>> coefficient_name(0, 1)
    'c_1_pre'
    """
    if p == q == 0:
        return "c_0"
    if q == 0:
        return f"c_{p}_post"
    if p == 0:
        return f"c_{q}_pre"
    return "c_2_corr" if p == q == 1 else f"c_{p}{q}_corr"


def moment(k: int) -> sp.Symbol:
    """The symbol ``m_k`` of the k-th moment of a pattern's entries, E[x**k].

    Examples
    --------
    >>> moment(2)
    m_2
    """
    return sp.Symbol(f"m_{k}", real=True)


def named(name: str) -> sp.Symbol:
    """The symbol of the theory that bears a name; a real symbol of that name otherwise.

    Examples
    --------
    >>> named("K") is K, named("c_post").is_real
    (True, True)
    """
    return _NAMED.get(name, sp.Symbol(name, real=True))


_BODIES = re.compile(r"c_([1-9][0-9]*)body_([01])([0-9]+)$")


_SHORT_SUM = 3
"""Terms of a sum whose order may yield to its signs; longer ones go by powers."""


class _Typeset(LatexPrinter):  # type: ignore[misc]
    """SymPy's LaTeX with the superscripts of the coefficients and multi-letter names set upright."""

    def _as_ordered_terms(self, expr: sp.Add, order: str | None = None) -> list[sp.Expr]:
        """The terms of a sum; a short one does not begin with a minus sign if it need not."""
        terms = list(super()._as_ordered_terms(expr, order=order))
        if len(terms) <= _SHORT_SUM and terms[0].could_extract_minus_sign():
            first = next((t for t in terms if not t.could_extract_minus_sign()), terms[0])
            terms.remove(first)
            terms.insert(0, first)
        return terms

    def _print_Symbol(self, expr: sp.Symbol, style: str = "plain") -> str:
        match = _COEFFICIENT.match(expr.name)
        if match is not None:
            letter, n, side, p, q = match.groups()
            if side:
                return rf"{letter}_{{{n}}}^{{\mathrm{{{side}}}}}"
            if p:
                return rf"{letter}_{{{p}{q}}}^{{\mathrm{{corr}}}}"
            mixed = expr.name.endswith("2_corr")
            return rf"{letter}_{{2}}^{{\mathrm{{corr}}}}" if mixed else f"{letter}_{{0}}"
        bodies = _BODIES.match(expr.name)
        if bodies is not None:
            return "c^{{({})}}_{{{}{}}}".format(*bodies.groups())
        if expr.name in _SPELLED:
            return _SPELLED[expr.name]
        base, prime, index = expr.name.partition("'")
        if prime:
            return f"{self._print(sp.Symbol(base))}'" + (rf"_{{{index[1:]}}}" if index else "")
        return str(super()._print_Symbol(expr))

    def _print_Sum(self, expr: sp.Sum) -> str:
        """A sum over several indices as one sign for each, the outermost first."""
        if len(expr.limits) == 1:
            return str(super()._print_Sum(expr))
        inner = sp.Sum(expr.function, *expr.limits[:-1])
        index, *ends = map(self._print, expr.limits[-1])
        bounds = rf"_{{{index}={ends[0]}}}^{{{ends[1]}}}" if ends else rf"_{{{index}}}"
        return rf"\sum{bounds} {self._print(inner)}"


def equation(left: sp.Basic, right: sp.Basic) -> sp.Eq:
    """left = right as it stands: SymPy is not asked whether it holds.

    Examples
    --------
    >>> equation(rho, rho)
    Eq(rho, rho)
    """
    return sp.Eq(left, right, evaluate=False)


def tail(t: sp.Expr) -> sp.Expr:
    """Q(t), the probability that a standard normal variable exceeds t.

    Examples
    --------
    >>> tail(sp.S.Zero)
    1/2
    """
    return sp.erfc(t / sp.sqrt(2)) / 2


def latex(expression: sp.Basic) -> str:
    r"""LaTeX of an expression in the notation of the package.

    Examples
    --------
    >>> print(latex(coefficient(1, 1) * (D - 1)))
    c_{2}^{\mathrm{corr}} \left(D - 1\right)
    """
    return str(_Typeset({"fold_short_frac": False}).doprint(expression))
