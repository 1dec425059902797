r"""Draws from a seed: every network has its own streams, whatever worker or block it falls in.

Main names
----------
Stream, generator
    The streams of one network, and the generator of one of them.
Draw, draw
    The patterns and the cues of one network.

Conventions
-----------
Network n of seed s draws its addresses, cues, contents and the chances of its synapses from four generators with
``SeedSequence(s, spawn_key=(n, stream))``. Patterns do not share a stream with cues, so two rules,
thresholds or cues see the same patterns at the same seed (common random numbers), and fewer
patterns are the first rows of more.
"""

from __future__ import annotations

import enum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hebbsym.simulate.memory import Memory


class Stream(enum.IntEnum):
    """The independent streams of one network."""

    ADDRESS = 0
    CUE = 1
    CONTENT = 2
    SYNAPSE = 3


def generator(seed: int, network: int, stream: Stream) -> np.random.Generator:
    """The generator of one stream of one network.

    Examples
    --------
    >>> first = generator(7, 0, Stream.ADDRESS).integers(10**6)
    >>> bool(first == generator(7, 0, Stream.ADDRESS).integers(10**6))
    True
    """
    sequence = np.random.SeedSequence(seed, spawn_key=(network, int(stream)))
    return np.random.Generator(np.random.PCG64(sequence))


class Draw(NamedTuple):
    """Patterns and cues of one network: shapes (K, M), (K, D) and (cues, D).

    In an auto-associative network ``post`` and ``pre`` are the same array; an exact cue of all
    patterns is that array as well. Cues stand in the order of the recalled patterns.
    """

    post: NDArray[Any]
    pre: NDArray[Any]
    cues: NDArray[Any]


def draw(network: Memory, seed: int, number: int) -> Draw:
    """Patterns and cues (before centring) of network ``number`` of a run.

    Examples
    --------
    >>> from hebbsym.families.cues import Exact
    >>> from hebbsym.families.ensembles import Bipolar
    >>> from hebbsym.simulate.network import Network
    >>> made = draw(Network(8, 3, {(1, 1): 1}, Bipolar(), Exact()), seed=1, number=0)
    >>> made.pre.shape, made.post is made.pre
    ((3, 8), True)
    """
    shape = (network.patterns, network.units)
    pre = network.source.sample(generator(seed, number, Stream.ADDRESS), shape)
    post = pre
    if not network.auto:
        rng = generator(seed, number, Stream.CONTENT)
        post = network.law.sample(rng, (network.patterns, network.posts))
    stored = (
        pre if network.cues == network.patterns and network.ages is None else pre[network.recalled]
    )
    cues = network.cue.sample(generator(seed, number, Stream.CUE), stored, network.source)
    return Draw(post, pre, cues)
