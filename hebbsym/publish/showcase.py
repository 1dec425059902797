"""The picture of the README: four local rules on biased patterns, theory against simulation.

Main names
----------
showcase
    Derives, simulates and draws it; ``python -m hebbsym.publish.showcase FILE`` does the same.
"""

from __future__ import annotations

import sys
from pathlib import Path

import sympy as sp

from hebbsym.families.ensembles import Bipolar
from hebbsym.families.rules import ExpandedRule
from hebbsym.families.thresholds import Optimal
from hebbsym.notation import D
from hebbsym.publish.figures import hero
from hebbsym.publish.sweeps import Sweep, sweep
from hebbsym.theories import derive

MEAN = sp.Rational(1, 2)
UNITS = 500
LOADS = (4, 6, 10, 16, 25, 40, 63, 100, 160)
RULES = (
    ("hebb  $x_ix_j$", 0, 0),
    ("post-centred  $(x_i-a)x_j$", 1, 0),
    ("pre-centred  $x_i(x_j-a)$", 0, 1),
    ("covariance  $(x_i-a)(x_j-a)$", 1, 1),
)
"""What each rule is called, and whether the mean is subtracted from the post- and presynaptic value."""


def showcase(to: str | Path, networks: int = 40, loads: tuple[int, ...] = LOADS) -> Path:
    """Draw the picture.

    Parameters
    ----------
    to : path
        A PNG file.
    networks : int
        Simulated networks at each load.
    loads : tuple of int
        Numbers of patterns.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     showcase(Path(folder, "hero.png"), networks=2, loads=(20, 40)).name
    'hero.png'
    """
    curves = [_swept(label, post, pre, networks, loads) for label, post, pre in RULES]
    title = f"Which local rule stores biased patterns?  (mean {MEAN}, D = {UNITS})"
    return hero(curves, to, title=title)


def _swept(label: str, post: int, pre: int, networks: int, loads: tuple[int, ...]) -> Sweep:
    """(x_i - post a)(x_j - pre a) at its optimal threshold, along the load."""
    coefficients = {
        (1, 1): sp.S.One,
        (1, 0): -pre * MEAN,
        (0, 1): -post * MEAN,
        (0, 0): post * pre * MEAN**2,
    }
    theory = derive(
        ExpandedRule(2, coefficients, label), Bipolar(MEAN), threshold=Optimal(),
        quantities=["bit_error"],
    )  # fmt: skip
    return sweep(
        theory, {D: sp.Integer(UNITS)}, loads, quantities=["bit_error"], networks=networks, seed=1,
        label=label,
    )  # fmt: skip


if __name__ == "__main__":
    print(showcase(sys.argv[1]))
