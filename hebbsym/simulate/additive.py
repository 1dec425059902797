r"""Additive rules: fields from matrix products, errors and moments counted tile by tile.

Main names
----------
Additive
    The engine of additive networks.
tally_of, tiles, unscale
    What is summed, over which slices of the cues, and in which units.
"""

from __future__ import annotations

from typing import final

import numpy as np

from hebbsym.simulate.dual import CONVERTED_AT_ONCE, HELD_AS_FLOATS, primal_is_cheaper
from hebbsym.simulate.fields import Fields
from hebbsym.simulate.memory import Engine, Sums
from hebbsym.simulate.network import Network
from hebbsym.simulate.recalls import Recalls
from hebbsym.simulate.sampling import draw
from hebbsym.simulate.statistics import ENTRIES_AT_ONCE, Columns, Tally
from hebbsym.simulate.weights import WEIGHT_UNITS, weight_matrix, weight_sums, weight_units
from hebbsym.simulate.workspace import Workspace

_TILE = 2**22
"""Fields that are held at a time."""
_LONGEST_TILE = 512


@final
class Additive(Engine):
    """Networks whose rule does not depend on the weight; W is never added up pattern by pattern.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> engine = Additive(Network(9, 2, {(1, 1): 1}, Bipolar(), Exact()))
    >>> engine.sums(range(3), 0, True, False, Workspace()).columns["count"].sum(axis=1)
    array([18, 18, 18])
    """

    def __init__(self, network: Network) -> None:
        self.network = network

    @property
    def batch(self) -> int:
        network = self.network
        return max(1, ENTRIES_AT_ONCE // (network.patterns * max(network.units, network.posts)))

    @property
    def demand(self) -> int:
        network = self.network
        d, m, k = network.units, network.posts, network.patterns
        longest = max(d, m)
        entries = k * d if network.auto else k * (d + m)
        entry = 1 if network.kernel.exact else 8
        small = k * longest <= HELD_AS_FLOATS
        held = entries * (entry + (4 if small else 0) + 2 * entry)  # two more while they are drawn
        tile = min(_LONGEST_TILE, max(1, _TILE // longest), network.cues)
        fields_ = tile * longest * 28 + tile * k * 16
        if network.kernel.exact and len(network.values) != 2:
            fields_ += tile * longest * 8
        converted = 0 if small else 8 * min(CONVERTED_AT_ONCE, k * longest) + 8 * longest
        if primal_is_cheaper(network):
            held += 12 * m * d
        cues = network.cues * d * (entry + 9)
        summed = 56 * min(ENTRIES_AT_ONCE, max(longest, tile * longest))
        return self.batch * (held + cues + fields_) + converted + summed + 8 * WEIGHT_UNITS * k

    def sums(
        self, numbers: range, seed: int, moments: int, weights: bool, scratch: Workspace
    ) -> Sums:
        network = self.network
        made = Fields.of(network, [draw(network, seed, n) for n in numbers], scratch=scratch)
        recalls = Recalls(network, tally_of(made, moments))
        for part in tiles(network):
            recalls.add(made.rows(part), made.stored(part), part)
        sums = recalls.sums()
        for columns in (sums.columns, *sums.aged.values()):
            unscale(columns, made.scale)
        if weights:
            few = slice(0, weight_units(network))
            whole = [
                weight_sums(
                    weight_matrix(made.kernel, post[:, few], pre[:, few]) / made.kernel.scale,
                    auto=network.auto,
                )
                for post, pre in zip(made.block.post, made.block.pre, strict=True)
            ]
            sums.columns["weights"] = np.stack(whole)
        return sums


def tally_of(made: Fields, moments: int) -> Tally:
    """What is summed over given fields."""
    features = (-1.0, 1.0) if made.block.signs else made.network.values
    return Tally(features, float(made.network.threshold) * made.scale, moments, made.scratch)


def unscale(total: Columns, scale: float) -> None:
    """Turn sums of scaled fields into sums of fields, in place."""
    if "sum" in total:
        total["sum"] = total["sum"] / scale
        total["square"] = total["square"] / scale**2
    for name, power in (("cube", 3), ("fourth", 4)):
        if name in total:
            total[name] = total[name] / scale**power
    if "regression" in total:
        total["regression"] = total["regression"] / np.array(
            [1, 1, 1, scale, scale**2, scale], dtype=np.float64
        )


def tiles(network: Network) -> list[slice]:
    """Slices of the cues whose fields are held at a time; they depend on the sizes alone.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> tiles(Network(10, 600, {(1, 1): 1}, Bipolar(), Exact()))
    [slice(0, 512, None), slice(512, 600, None)]
    """
    step = max(1, min(_LONGEST_TILE, _TILE // max(network.units, network.posts)))
    return [slice(a, min(a + step, network.cues)) for a in range(0, network.cues, step)]
