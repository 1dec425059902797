r"""Sums of n independent terms of one finite law: exact tails, however rare, by tilted convolution.

A law on the integers 0 .. L - 1 with weights p_k is tilted, q_k = p_k exp(t k) / m(t), so that
the sum S of n terms is as likely above as below the point that is asked for. With the law Q of
the tilted sum,

.. math:: P(S = s) = m(t)^n e^{-t s} Q_s,

and the tail is a sum of positive terms, the largest of which stand next to the point: nothing
cancels, and a tail of 1e-30 has as many right digits as one of 0.3. Q is the n-th power of the
discrete Fourier transform of q, transformed back, on W points.

Main names
----------
sum_tails
    P(S < point), P(S = point), P(S > point), and a bound on their relative error.
Tails
    These.
ACCURACY
    The bound that a caller may rely on.

Numerical error
---------------
The bound is worked out beside the result, with u the unit roundoff of ``numpy.longdouble``:

* *Aliasing*: on W points the sums s + l W fall together. The tilted sum is farther than W/2 from
  the point with a probability below Bernstein's 2 exp(-w^2 / (2 (n v + R w / 3))), where v is the
  variance of a term, R = L - 1 its range, and w is W/2 less the distance of mean and point. W is
  chosen so that this is below 1e-18 of the tail; where W covers all n R + 1 sums there is none.
* *Rounding*: a transform errs by at most 10 u log2(W) in the 2-norm (higham2002, theorem 24.2,
  has 7 u log2(W)); an error d of a transformed law f becomes n |f|^(n-1) d in its power, summed
  by Cauchy and Schwarz; a relative error of the weights becomes n times as large.

Sums of few values are gone through one by one, all terms positive; a point that is seen not to be reached
has the probability zero.

References
----------
esscher1932 (tilting); higham2002, theorem 24.2 (error of a fast Fourier transform).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hebbsym.errors import InvalidValue, SizeLimit

Array: TypeAlias = NDArray[Any]
Real: TypeAlias = Any
"""A number of the type ``numpy.longdouble``."""

ACCURACY = 1e-12
"""The relative error that every result stays below; a larger bound is an error."""

MOST_POINTS = 2**23
"""Bound on the points of one transform, and on the values of one term."""

_U = float(np.finfo(np.longdouble).eps) / 2
_TRANSFORM = 10.0
_SMALL = 512
_FEW = 2**20
_FOLLOWED = 2**31
"""Bits of sums that are followed to see whether a point is reached."""
_ALIAS = 1e-18
_NEGLIGIBLE = 70.0  # minus the logarithm of a power that is left out


@dataclass(frozen=True)
class Tails:
    """Where a sum lies: below a point, at it, above it.

    Parameters
    ----------
    below, at, above : numpy.longdouble
    error : float
        Bound on the relative error of ``below`` and of ``above``.
    error_at : float
        Bound on the error of ``at``, relative to ``at`` and the rarer of its sides together: a tie that
        is far rarer than both has no right digits of its own, and needs none beside them.
    """

    below: Real
    at: Real
    above: Real
    error: float
    error_at: float


def sum_tails(weights: ArrayLike, n: int, point: int, *, relative: float = 0.0) -> Tails:
    """Where the sum of ``n`` independent terms lies, each k with probability ``weights[k]``.

    Parameters
    ----------
    weights : array of shape (L,)
        Non-negative, of sum 1; ``numpy.longdouble`` is taken as it is.
    n : int
        At least 1.
    point : int
    relative : float
        Bound on the relative error of the weights themselves.

    Raises
    ------
    InvalidValue
        For weights that are no law.
    SizeLimit
        When the transform is longer than :data:`MOST_POINTS`.

    Examples
    --------
    A fair coin, 2000 throws, at most 600 heads:

    >>> tails = sum_tails([0.5, 0.5], 2000, 601)
    >>> f"{float(tails.below):.12e}", tails.error < 1e-13
    ('1.151987277996e-73', True)
    """
    law = np.asarray(weights, dtype=np.longdouble)
    if law.ndim != 1 or n < 1 or not (law >= 0).all() or abs(float(law.sum()) - 1) > 1e-9:
        raise InvalidValue("a law is a row of weights that are not negative and have the sum 1")
    held = np.nonzero(law)[0]
    law, point = law[held[0] : held[-1] + 1], point - n * int(held[0])
    length = n * (len(law) - 1)
    zero, one = np.longdouble(0), np.longdouble(1)
    given = n * (relative + 2 * _U)
    if point < 0:
        return Tails(zero, zero, one, given, 0.0)
    if point > length:
        return Tails(one, zero, zero, given, 0.0)
    if _few(law, n):
        return _direct(law, n, point, given)
    if point in (0, length):
        return _at_the_end(law, n, point, given)
    mean = float(np.arange(len(law)) @ law)
    if point >= n * mean:
        above, at, errors = _upper(law, n, point, given)
        return _with_the_rest(above, at, errors, reverse=False)
    below, at, errors = _upper(law[::-1], n, length - point, given)
    return _with_the_rest(below, at, errors, reverse=True)


def _with_the_rest(rare: Real, at: Real, errors: tuple[float, float], *, reverse: bool) -> Tails:
    """The other side is what is left of 1."""
    rest = np.longdouble(1) - rare - at
    lost = float((errors[0] * rare + errors[1] * (rare + at)) / rest) + 4 * _U
    below, above = (rare, rest) if reverse else (rest, rare)
    return Tails(below, at, above, max(errors[0], lost), errors[1])


def _few(law: Array, n: int) -> bool:
    """Whether the sum takes so few values that they can be gone through one by one."""
    support = int(np.count_nonzero(law))
    return n * (len(law) - 1) < _SMALL or n * support * math.comb(support + n - 1, n) <= _FEW


def _direct(law: Array, n: int, point: int, given: float) -> Tails:
    """Value by value, all terms positive, in which no digit is lost and a zero stays one."""
    sums, total = _dense(law, n) if n * (len(law) - 1) < _SMALL else _sparse(law, n)
    bound = given + 4 * n * (np.count_nonzero(law) + 2) * _U + len(sums) * _U
    below, at, above = (total[side].sum() for side in (sums < point, sums == point, sums > point))
    return Tails(below, at, above, bound, bound)


def _dense(law: Array, n: int) -> tuple[Array, Array]:
    """All values of a short sum, by repeated squares, and their probabilities."""
    total, power, left = np.ones(1, dtype=law.dtype), law, n
    while left:
        total = np.convolve(total, power) if left & 1 else total
        left >>= 1
        power = np.convolve(power, power) if left else power
    return np.arange(len(total)), total


def _sparse(law: Array, n: int) -> tuple[Array, Array]:
    """The values that the sum takes, and their probabilities, one term more at a time."""
    places = np.nonzero(law)[0]
    sums, total = places, law[places]
    for _ in range(n - 1):
        added = (sums[:, None] + places).ravel()
        order = np.argsort(added, kind="stable")
        sums, first = np.unique(added[order], return_index=True)
        total = np.add.reduceat((total[:, None] * law[places]).ravel()[order], first)
    return sums, total


def _impossible(law: Array, n: int, point: int) -> bool:
    """Whether the sum can be seen, with little work, never to be ``point``.

    Sums of 1, 2, ... terms are bits of one integer.
    """
    places = [int(place) for place in np.nonzero(law)[0]]
    if n * len(places) * point > _FOLLOWED:
        return False
    sums, mask = 1, (1 << (point + 1)) - 1
    for _ in range(n):
        longer = 0
        for place in places:
            longer |= sums << place
        sums = longer & mask
    return not sums >> point & 1


def _at_the_end(law: Array, n: int, point: int, given: float) -> Tails:
    """The least or the greatest value of the sum: all terms have theirs."""
    end, others = (law[0], law[1:]) if point == 0 else (law[-1], law[:-1])
    at = np.exp(n * np.log(end))
    rest = -np.expm1(n * np.log1p(-others.sum()))
    bound = given + n * len(law) * 2 * _U * (1 + abs(float(np.log(end))))
    zero = np.longdouble(0)
    below, above = (zero, rest) if point == 0 else (rest, zero)
    return Tails(below, at, above, bound, bound)


def _upper(law: Array, n: int, point: int, given: float) -> tuple[Real, Real, tuple[float, float]]:
    """P(S > point), P(S = point) for a point not below the mean, and their relative errors."""
    tilt = _tilt(law, point / n)
    centre = int(np.argmax(np.log(np.maximum(law, np.finfo(law.dtype).tiny)) + _ramp(law, tilt)))
    exponents = np.longdouble(tilt) * (np.arange(len(law)) - centre)
    tilted = law * np.exp(exponents)
    mass = tilted.sum()
    tilted /= mass
    scale = np.exp(n * np.log(mass) - np.longdouble(tilt) * (point - n * centre))
    own = n * (4 + 2 * float(np.abs(exponents).max()) + len(law).bit_length()) * _U + given
    own += 2 * _U * (n * abs(float(np.log(mass))) + tilt * abs(point - n * centre) + 4)
    target = _ALIAS * math.exp(-tilt) / (5 * (1 + math.sqrt(n) * _spread(tilted)))
    first, tilted, lost = _without_ends(tilted, target / n)
    law_of_sum, spread, aliased = _power(tilted, n, point - n * first, target)
    aliased += 2 * n * lost
    reach = (len(law_of_sum) - 1) // 2
    damping = np.exp(-np.longdouble(tilt) * np.arange(1, reach + 1))
    rare = (np.roll(law_of_sum, n * first - point)[1 : reach + 1] * damping).sum()
    at = law_of_sum[(point - n * first) % len(law_of_sum)]
    uniform, in_norm = spread
    total = float(damping.sum())
    rounding = min(total * uniform, math.sqrt(float((damping**2).sum())) * in_norm)
    of_rare = own + 16 * _U + (rounding + aliased) / max(float(rare), 1e-300)
    if at <= (uniform + aliased) / ACCURACY and _impossible(law, n, point):
        return rare * scale, np.longdouble(0), (of_rare, 0.0)
    at = max(at, np.longdouble(0))
    of_at = own + 16 * _U + (uniform + aliased) / max(float(rare + at), 1e-300)
    return rare * scale, at * scale, (of_rare, of_at)


def _ramp(law: Array, tilt: float) -> Array:
    return tilt * np.arange(len(law), dtype=np.float64)


def _tilt(law: Array, mean: float) -> float:
    """The t >= 0 at which the tilted mean is ``mean``, to a few digits: any t is right."""
    with np.errstate(divide="ignore"):
        logs = np.log(law).astype(np.float64)
    place = np.arange(len(law), dtype=np.float64)

    def off(t: float) -> tuple[float, float]:
        height = logs + t * place
        weight = np.exp(height - height.max())
        weight /= weight.sum()
        centre = float(place @ weight)
        return centre - mean, float((place - centre) ** 2 @ weight)

    low, high = 0.0, 1.0 / len(law)
    while off(high)[0] < 0 and high < 1e3:
        low, high = high, 2 * high
    t = low
    for _ in range(60):
        gap, slope = off(t)
        if abs(gap) <= 1e-6 * math.sqrt(slope):
            break
        low, high = (t, high) if gap < 0 else (low, t)
        step = t - gap / slope if slope > 0 else low
        t = step if low < step < high else (low + high) / 2
    return t


def _spread(law: Array) -> float:
    """The standard deviation of a term."""
    place, weight = np.arange(len(law)), law.astype(np.float64)
    mean = float(place @ weight)
    return math.sqrt(float((place - mean) ** 2 @ weight))


def _without_ends(law: Array, most: float) -> tuple[int, Array, float]:
    """The first place kept, the law between the ends that hold at most ``most`` each, and what is lost."""
    weight = law.astype(np.float64)
    below, above = np.cumsum(weight), np.cumsum(weight[::-1])
    first = int(np.searchsorted(below, most, side="right"))
    last = int(np.searchsorted(above, most, side="right"))
    lost = (below[first - 1] if first else 0.0) + (above[last - 1] if last else 0.0)
    return first, law[first : len(law) - last], float(lost) * (1 + 1e-9)


def _power(
    law: Array, n: int, point: int, target: float
) -> tuple[Array, tuple[float, float], float]:
    """The law of the sum modulo W, the bounds on its rounding error, and that on its aliasing.

    Rounding is bounded entry by entry and in the 2-norm; neither contains the errors of ``law``.
    Frequencies at which the power is below 1e-30 are left out, and are part of the bound.
    """
    from scipy.fft import irfft, next_fast_len, rfft

    width, aliased = _width(law, n, point, target)
    width = next_fast_len(width, real=True)
    if width > MOST_POINTS:
        raise SizeLimit(
            f"the lattice is too long: {width} points are past the bound of {MOST_POINTS}; "
            "give coefficients of a smaller common denominator"
        )
    transform = rfft(law, width)  # a term is always shorter than the transform
    each = _TRANSFORM * _U * math.log2(width)
    lost = each * math.sqrt(width) * math.sqrt(float((law**2).sum()))
    twice = np.full(len(transform), 2.0)
    twice[0] = 1.0
    if width % 2 == 0:
        twice[-1] = 1.0
    size = np.hypot(transform.real.astype(np.float64), transform.imag.astype(np.float64)) + lost
    logs = (n - 1) * np.log(size)
    kept = np.nonzero(logs > -_NEGLIGIBLE)[0]
    powered = np.zeros_like(transform)
    powered[kept] = _raised(transform[kept], n)
    found = irfft(powered, width)
    height, twice = np.exp(logs[kept]), twice[kept]
    square = math.sqrt(float(twice @ height**2))
    back = each * math.sqrt(float((found**2).sum())) + math.exp(-_NEGLIGIBLE)
    of_products = 4 * n * _U * float(twice @ height) / width
    uniform = n * square * lost / width + of_products + back
    in_norm = n * float(height.max()) * lost / math.sqrt(width) + back * math.sqrt(width)
    in_norm += 4 * n * _U * square / math.sqrt(width)
    return found, (uniform, in_norm), aliased


def _width(law: Array, n: int, point: int, target: float) -> tuple[int, float]:
    """Points of the transform, and the probability of what they fold together, both sides."""
    mean = float(np.arange(len(law)) @ law.astype(np.float64))
    variance, size = n * _spread(law) ** 2, len(law) - 1
    level = math.log(2 / target)
    third = size * level / 3
    reach = third + math.sqrt(third**2 + 2 * variance * level) + abs(n * mean - point)
    width = 2 * math.ceil(reach) + 2
    if width >= 2 * n * size + 2:  # the point may be anywhere: half of the points lie on each side
        return 2 * n * size + 2, 0.0
    return width, 2 * target


def _raised(base: Array, n: int) -> Array:
    """The n-th power by squaring, whose relative error is that of n products."""
    result = np.ones_like(base)
    while n:
        if n & 1:
            result = result * base
        n >>= 1
        if n:
            base = base * base
    return result
