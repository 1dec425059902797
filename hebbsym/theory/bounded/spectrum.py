r"""Powers of a transition matrix in closed form, where its eigenvalues are rational in the symbols.

For a diagonalisable P with the eigenvalues lambda, P**t is the sum of lambda**t Pi_lambda, the projectors
being polynomials in P:

.. math:: \Pi_\lambda = \prod_{\mu \ne \lambda} \frac{P - \mu}{\lambda - \mu}.

A chain of two levels always has such a form, and so has the chain of two of them that share a unit; a
chain of more levels has one where the characteristic polynomial splits.

Main names
----------
Spectrum, spectrum
    Eigenvalues with their projectors, or None where they are not rational.
geometric_sum
    A row times P**t, or times P**t S P**a, times a column, as a sum of geometric terms.

Neglected
---------
Eigenvalues that are algebraic only (those of a ladder are cosines), and powers with Jordan blocks:
their chains are stepped at whole numbers instead. The form has a pole where two eigenvalues that
differ as expressions agree at numbers: put those numbers into the setting first.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import sympy as sp
from sympy.polys.matrices import DomainMatrix

Matrix: TypeAlias = Any
"""A DomainMatrix."""

LARGEST = 10
"""Bound on the size of a matrix whose characteristic polynomial is factored."""

LARGEST_SYMBOLIC = 4
"""The same where its entries have symbols."""


class Spectrum(NamedTuple):
    """P**t = sum of eigenvalue**t times projector."""

    eigenvalues: tuple[sp.Expr, ...]
    projectors: tuple[Matrix, ...]


def spectrum(matrix: Matrix) -> Spectrum | None:
    """The eigenvalues and projectors of a matrix, where all eigenvalues are rational in its entries.

    Parameters
    ----------
    matrix : DomainMatrix

    Examples
    --------
    >>> q = sp.Symbol("q")
    >>> step = DomainMatrix.from_Matrix(sp.Matrix([[1 - q, q], [q, 1 - q]]))
    >>> spectrum(step).eigenvalues
    (1, 1 - 2*q)
    >>> spectrum(DomainMatrix.from_Matrix(sp.Matrix([[1, 1], [0, 1]]))) is None  # no projectors
    True
    """
    size = matrix.shape[0]
    bound = LARGEST_SYMBOLIC if matrix.domain.is_Composite else LARGEST
    if size > bound:
        return None
    field = matrix.to_sparse().convert_to(matrix.domain.get_field())
    domain = field.domain
    rates = _rates(field)
    if rates is None:
        return None
    rates.sort(key=lambda rate: (rate != domain.one, str(rate)))
    one = DomainMatrix.eye(size, domain)
    shifted = [field - one * rate for rate in rates]
    annihilated = one
    for part in shifted:
        annihilated = annihilated * part
    if not annihilated.is_zero_matrix:
        return None
    projectors = []
    for n, rate in enumerate(rates):
        made = one
        for m, other in enumerate(rates):
            if m != n:
                made = made * shifted[m] * (domain.one / (rate - other))
        projectors.append(made)
    spelled = (domain.to_sympy(rate) for rate in rates)
    return Spectrum(
        tuple(min((rate, sp.factor(rate)), key=sp.count_ops) for rate in spelled), tuple(projectors)
    )


def _rates(matrix: Matrix) -> list[Any] | None:
    """The distinct eigenvalues as elements of the domain, if all of them lie in it."""
    domain = matrix.domain
    z = sp.Dummy("z")
    coefficients = [domain.to_sympy(c) for c in matrix.charpoly()]
    _, factors = sp.factor_list(sp.together(sp.Poly(coefficients, z).as_expr()).as_numer_denom()[0])
    rates = []
    for factor, _ in factors:
        if not factor.has(z):
            continue
        polynomial = sp.Poly(factor, z)
        if polynomial.degree() > 1:
            return None
        slope, constant = polynomial.all_coeffs()
        rates.append(domain.from_sympy(sp.cancel(-constant / slope)))
    return rates


def geometric_sum(
    parts: Spectrum,
    row: Matrix,
    column: Matrix,
    time: sp.Expr,
    middle: Matrix | None = None,
    later: sp.Expr = sp.S.Zero,
) -> sp.Expr:
    """row P**time column, or row P**time middle P**later column.

    Examples
    --------
    >>> q, t = sp.Symbol("q"), sp.Symbol("t", integer=True, nonnegative=True)
    >>> step = DomainMatrix.from_Matrix(sp.Matrix([[1 - q, q], [q, 1 - q]]))
    >>> first, last = (DomainMatrix.from_Matrix(sp.Matrix(v)) for v in ([[1, 0]], [[0], [1]]))
    >>> geometric_sum(spectrum(step), first, last, t)
    1/2 - (1 - 2*q)**t/2
    """
    field = parts.projectors[0].domain
    row, column = (m.to_sparse().convert_to(field) for m in (row, column))
    total: dict[sp.Expr, Any] = {}
    for rate, projector in zip(parts.eigenvalues, parts.projectors, strict=True):
        left = row * projector
        if middle is None:
            _add(total, _power(rate, time), (left * column).to_list()[0][0])
            continue
        left = left * middle.to_sparse().convert_to(field)
        for other, after in zip(parts.eigenvalues, parts.projectors, strict=True):
            value = (left * after * column).to_list()[0][0]
            term = (
                _power(rate, sp.expand(time + later))
                if rate == other
                else _power(rate, time) * _power(other, later)
            )
            _add(total, term, value)
    return sp.Add(*(sp.factor(field.to_sympy(c)) * term for term, c in total.items() if c))


def _power(rate: sp.Expr, time: sp.Expr) -> sp.Expr:
    return sp.S.One if rate == 1 else sp.Pow(rate, time)


def _add(total: dict[sp.Expr, Any], term: sp.Expr, value: Any) -> None:
    total[term] = total[term] + value if term in total else value
