"""The claim about energy for a setting: which threshold enters, and who has none.

Main names
----------
QUANTITIES
    energy.
"""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from hebbsym import notation
from hebbsym.claim import Claim
from hebbsym.theory.energy import energy_claim
from hebbsym.theory.setting import Setting
from hebbsym.theory.workbench import Quantity, Workbench


def _energy(bench: Workbench) -> Claim:
    setting = bench.setting
    values = tuple(v for v, _ in setting.post.alphabet) or None
    theta = notation.theta if setting.threshold.depends_on_load else bench.plain_theta
    claim = energy_claim(setting.rule.require_additive(), values, theta)
    # no step of the asynchronous update raises it
    return replace(claim, observable="energy", prediction=sp.S.Zero)


def _absent(setting: Setting) -> str:
    if not setting.auto:
        return "an energy belongs to recurrent dynamics; a hetero-associative memory has none"
    if setting.threshold.inhibits:
        return (
            "under inhibition the threshold is the population's mean field, which depends on the "
            "state: the energy is derived for a threshold that does not"
        )
    return ""


QUANTITIES: dict[str, Quantity[Workbench]] = {"energy": Quantity(_energy, _absent)}
