r"""Matrix products behind the fields: through pattern overlaps (dual) or through weights (primal).

.. math:: P_p = \sum_q n_{pq}\,(S\,V_q^{\mathsf T})\,U_p = S \Big(\sum_q n_{pq}\,V_q^{\mathsf T} U_p\Big)

with U_p, V_q the powers of the recoded post- and presynaptic patterns and S the cues.

Main names
----------
Block
    Patterns and cues of one or more networks, recoded.
Products
    The matrices P_p of a block, in the cheaper of the two orders.

Conventions
-----------
Integers below 2**24 are exact in float32 whatever the order of the sums, so each product is made in
float32 where a bound on its partial sums, from the overlaps (or weights) themselves, allows it, and
in float64 otherwise. Shapes of products and blocks follow from the sizes of the network alone,
never from the memory or the number of workers, so that real-valued patterns too give the same bits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hebbsym.simulate.network import Kernel, Network
from hebbsym.simulate.sampling import Draw
from hebbsym.simulate.workspace import Workspace

Array: TypeAlias = NDArray[Any]

EXACT_IN_FLOAT32 = 2**24
HELD_AS_FLOATS = 2**24
"""Entries of a pattern matrix up to which it is converted to float32 as a whole."""
CONVERTED_AT_ONCE = 2**23
"""Entries that are converted to float32 at a time otherwise."""


@dataclass(frozen=True)
class Block:
    """Patterns of ``n`` networks, recoded, with their cues.

    Parameters
    ----------
    post, pre : array, shapes (n, K, M) and (n, K, D)
        Features z: float32, or int8 where the matrices are large.
    cues : array, shape (n, cues, D)
    own : bool
        Whether the cues are the first rows of ``pre``, entry by entry.
    signs : bool
        Whether the postsynaptic features are -1 and +1.
    largest_post, largest_pre, largest_cue : float
        Bounds on absolute values.
    exact : bool
        Whether fields are integers over the kernel's scale.
    """

    post: Array
    pre: Array
    cues: Array
    own: bool
    signs: bool
    largest_post: float
    largest_pre: float
    largest_cue: float
    exact: bool


def recode(values: Sequence[float], x: Array) -> Array:
    """Entries as features: -1 and +1 on a two-valued alphabet, themselves otherwise.

    Examples
    --------
    >>> recode((0.0, 1.0), np.array([0, 1, 1], dtype=np.int8))
    array([-1,  1,  1], dtype=int8)
    """
    if len(values) != 2 or tuple(values) == (-1.0, 1.0):
        return x
    if tuple(values) == (0.0, 1.0) and x.dtype == np.int8:
        coded = x + x
        coded -= 1
        return coded
    high = x > (values[0] + values[1]) / 2
    return np.where(high, np.int8(1), np.int8(-1))


def block(network: Network, draws: Sequence[Draw], scratch: Workspace) -> Block:
    """Recode the draws of one or more networks and stack them."""
    post_values = network.values
    pre_values = network.sources
    pre = [recode(pre_values, d.pre) for d in draws]
    own = all(z is d.pre and _leading(d.cues, d.pre) for z, d in zip(pre, draws, strict=True))
    small = max(network.units, network.posts) * network.patterns <= HELD_AS_FLOATS
    stacked_pre = _stack(pre, small, scratch, "pre")
    stacked_post = stacked_pre
    if not network.auto or network.width < network.posts:
        some = [recode(post_values, d.post[:, : network.width]) for d in draws]
        stacked_post = _stack(some, small, scratch, "post")
    if own:
        cues = stacked_pre[:, : network.cues]
    else:
        cues = _stack([d.cues for d in draws], False, scratch, "cues")
    integers = all(d.cues.dtype.kind == "i" for d in draws)
    largest_cue = np.inf
    if integers:
        largest_cue = _largest(pre_values) if own else max(_extent(d.cues) for d in draws)
    return Block(
        stacked_post,
        stacked_pre,
        cues,
        own,
        len(post_values) == 2,
        _largest(post_values),
        _largest(pre_values),
        largest_cue,
        network.kernel.exact and integers,
    )


def _leading(cues: Array, patterns: Array) -> bool:
    """Whether the cues are the leading rows of the very same array."""
    return cues is patterns or (cues.base is patterns and cues.ctypes.data == patterns.ctypes.data)


def _largest(values: Sequence[float]) -> float:
    return 1.0 if len(values) == 2 else max(map(abs, values), default=np.inf)


def _extent(x: Array) -> float:
    return float(max(x.max(), -int(x.min())))


def _stack(arrays: Sequence[Array], floats: bool, scratch: Workspace, name: str) -> Array:
    """Arrays along a new first axis; without a copy where there is one of the right type."""
    kind = np.float32 if floats else arrays[0].dtype
    if len(arrays) == 1 and arrays[0].dtype == kind:
        return arrays[0][None]
    made = scratch.take(name, (len(arrays), *arrays[0].shape), kind)
    for k, x in enumerate(arrays):
        np.copyto(made[k], x, casting="same_kind")
    return made


def as_floats(x: Array, kind: Any = np.float32) -> Array:
    """``x`` in a floating type, without a copy where it has it already."""
    return x.astype(kind, copy=False)


def pattern_blocks(x: Array) -> Iterator[slice]:
    """Slices of the pattern axis that are converted to floats at a time."""
    count, length = x.shape[1], x.shape[2]
    step = count if x.dtype == np.float32 else max(1, CONVERTED_AT_ONCE // length)
    for start in range(0, count, step):
        yield slice(start, min(count, start + step))


def primal_is_cheaper(network: Network) -> bool:
    """Whether W is cheaper than the overlaps, by the count of operations, and not large.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> [primal_is_cheaper(Network(100, k, {(1, 1): 1}, Bipolar(), Exact())) for k in (20, 500)]
    [False, True]
    """
    d, m, k, c = network.units, network.posts, network.patterns, network.cues
    return m * d * (k + c) < c * k * (d + m) and m * d <= LARGEST_WEIGHTS


LARGEST_WEIGHTS = 2**26
"""Entries of W up to which the primal form is considered."""


@dataclass
class Products:
    """The matrices P_p of a block; the coefficient of a lone q is left to the caller.

    Attributes
    ----------
    kernel : Kernel
    block : Block
    primal : bool
    scratch : Workspace
    """

    kernel: Kernel
    block: Block
    primal: bool
    scratch: Workspace
    held_weights: dict[int, Array] = field(default_factory=dict, init=False)
    held_sums: dict[int, Array] = field(default_factory=dict, init=False)

    def combination(self, p: int) -> tuple[dict[int, float], float]:
        """Coefficients of the q that meet p inside the product, and the factor left outside."""
        inside = {q: c for (r, q), c in self.kernel.terms.items() if r == p and q}
        if len(inside) == 1:
            ((q, c),) = inside.items()
            return {q: 1.0}, float(c)
        if self.block.exact:
            common = float(np.gcd.reduce([int(c) for c in inside.values()]))
            return {q: c / common for q, c in inside.items()}, common
        return {q: float(c) for q, c in inside.items()}, 1.0

    def of(self, cues: Array, part: slice | None) -> Iterator[tuple[float, Array]]:
        """Pairs (factor, P_p) for cues of shape (n, rows, D) in float32.

        ``part`` says which cues of the block they are, where they are cues of the block.
        """
        for p in self.kernel.posts:
            inside, factor = self.combination(p)
            if self.primal:
                yield factor, self._primal(cues, p)
            else:
                overlaps = self.overlaps(cues, inside)
                if part is not None and self.folds_diagonal:
                    self.fold_diagonal(overlaps, part.start, self.block.pre.shape[1])
                yield factor, self._dual(overlaps, p, inside)

    @property
    def folds_diagonal(self) -> bool:
        """Whether the excluded diagonal is taken off the overlaps of each cue with itself.

        It is where the cues are the stored signs and the only product is that of the activities:
        the diagonal's field is then a multiple of the cue, which is one of the patterns.
        """
        return (
            self.block.own
            and self.block.exact
            and self.block.signs
            and not self.primal
            and self.block.post is self.block.pre
            and list(self.kernel.diagonal.items()) == [(2, self.kernel.terms.get((1, 1)))]
        )

    def fold_diagonal(self, overlaps: Array, start: int, patterns: int) -> None:
        """Take the diagonal of ``patterns`` patterns off the overlaps of cues from ``start`` on."""
        n, rows, length = overlaps.shape
        factor = self.combination(1)[1]
        own = overlaps.reshape(n, rows * length)[:, start :: length + 1][:, :rows]
        own -= self.kernel.diagonal[2] * patterns / factor

    def power_sums(self, m: int) -> Array:
        """Sum over patterns of z_i**m at every postsynaptic unit, shape (n, M), float64."""
        if m not in self.held_sums:
            self.held_sums[m] = power_sums(self.block.post, m, self.block.signs)
        return self.held_sums[m]

    def overlaps(self, cues: Array, inside: dict[int, float]) -> Array:
        """Sum over q of the coefficients times S V_q^T, shape (n, rows, K)."""
        pre = self.block.pre
        bound = pre.shape[2] * self.block.largest_cue * self._size(inside)
        kind: Any = np.float64 if self.block.exact and bound >= EXACT_IN_FLOAT32 else np.float32
        shape = (pre.shape[0], cues.shape[1], pre.shape[1])
        total = self.scratch.take("overlaps", shape, kind)
        s = as_floats(cues, kind)
        for part in pattern_blocks(pre):
            v = self.scratch.cast("converted", pre[:, part], kind)
            for n, (q, c) in enumerate(inside.items()):
                target = total[:, :, part]
                if n:
                    target += _scaled(s @ powers(v, q).transpose(0, 2, 1), c)
                else:
                    np.matmul(s, powers(v, q).transpose(0, 2, 1), out=target)
                    if c != 1.0:
                        target *= target.dtype.type(c)
        return total

    def _size(self, inside: dict[int, float]) -> float:
        """Bound on the part of the update that is summed inside a product."""
        return sum(abs(c) * self.block.largest_pre**q for q, c in inside.items())

    def _dual(self, overlaps: Array, p: int, inside: dict[int, float]) -> Array:
        if not self.block.exact:
            return self.expand(overlaps, p)
        largest = self.block.largest_post**p
        everything = self.block.pre.shape[1] * self.block.pre.shape[2]
        if everything * self.block.largest_cue * self._size(inside) * largest < EXACT_IN_FLOAT32:
            return self.expand(overlaps, p)
        if row_bound(overlaps) * largest < EXACT_IN_FLOAT32:
            return self.expand(as_floats(overlaps), p)
        # a common part of a cue's overlaps (of biased patterns) is taken out and put back exactly
        centre = np.rint(overlaps.mean(axis=2, keepdims=True, dtype=np.float64))
        shifted = overlaps - centre
        fits = row_bound(shifted) * largest < EXACT_IN_FLOAT32
        varying = self.expand(as_floats(shifted, np.float32 if fits else np.float64), p)
        return np.asarray(varying + centre * self.power_sums(p)[:, None, :])

    def expand(self, overlaps: Array, p: int) -> Array:
        """Overlaps times U_p, shape (n, rows, M), in the type of the overlaps."""
        post, kind = self.block.post, overlaps.dtype
        total: Array | None = None
        for part in pattern_blocks(post):
            u = powers(self.scratch.cast("converted", post[:, part], kind), p)
            if total is None:
                total = self.scratch.matmul(f"product{p}", overlaps[:, :, part], u)
            else:
                total += self.scratch.matmul("partial", overlaps[:, :, part], u)
        assert total is not None
        return total

    def weights(self, p: int) -> Array:
        """The part of W that belongs to U_p, shape (n, M, D), without the outside factor."""
        if p not in self.held_weights:
            inside, _ = self.combination(p)
            post, pre = self.block.post, self.block.pre
            bound = pre.shape[1] * self._size(inside) * self.block.largest_post**p
            kind: Any = np.float64 if self.block.exact and bound >= EXACT_IN_FLOAT32 else np.float32
            total = np.zeros((post.shape[0], post.shape[2], pre.shape[2]), dtype=kind)
            for part in pattern_blocks(pre):
                u, v = powers(as_floats(post[:, part], kind), p), as_floats(pre[:, part], kind)
                mixed = v
                if inside != {1: 1.0}:
                    mixed = np.add.reduce([_scaled(powers(v, q), c) for q, c in inside.items()])
                total += u.transpose(0, 2, 1) @ mixed
            if self.block.exact and row_bound(total) * self.block.largest_cue >= EXACT_IN_FLOAT32:
                total = total.astype(np.float64)
            self.held_weights[p] = total
        return self.held_weights[p]

    def _primal(self, cues: Array, p: int) -> Array:
        weights = self.weights(p)
        return as_floats(cues, weights.dtype) @ weights.transpose(0, 2, 1)


def row_bound(x: Array) -> float:
    """The largest sum of absolute values along the last axis."""
    return float(np.abs(x).sum(axis=-1, dtype=np.float64).max(initial=0.0))


def powers(x: Array, n: int) -> Array:
    """x**n by multiplication.

    Examples
    --------
    >>> powers(np.array([2.0, -3.0]), 3)
    array([  8., -27.])
    """
    result = x
    for _ in range(n - 1):
        result = result * x
    return result


def column_sums(x: Array, m: int) -> Array:
    """Sum over patterns of x**m, shape (n, length), in float64.

    Examples
    --------
    >>> column_sums(np.array([[[1, -2], [3, 4]]], dtype=np.int8), 2)
    array([[10., 20.]])
    """
    total = np.zeros((x.shape[0], x.shape[2]))
    for part in pattern_blocks(x):
        total += powers(as_floats(x[:, part]), m).sum(axis=1, dtype=np.float64)
    return total


def power_sums(x: Array, m: int, signs: bool) -> Array:
    """Sum over patterns of x**m, shape (n, length), in float64; ``signs`` if entries are -1 and +1.

    Examples
    --------
    >>> x = np.array([[[1, -1], [1, 1]]], dtype=np.int8)
    >>> power_sums(x, 2, signs=True).tolist(), power_sums(x, 3, signs=True).tolist()
    ([[2.0, 2.0]], [[2.0, 0.0]])
    """
    if m == 0 or (signs and m % 2 == 0):
        return np.full((x.shape[0], x.shape[2]), float(x.shape[1]))
    return column_sums(x, 1 if signs else m)


def _scaled(x: Array, c: float) -> Array:
    return x if c == 1.0 else x * x.dtype.type(c)
