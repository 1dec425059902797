"""hebbsym: closed forms for Hebbian associative memories, derived, checked and typeset.

::

       rule ----+                                               +--> report   HTML, LaTeX, PDF
                +--> weights --> fields --> capacity --> CLAIM --+
      ensemble -+       +------> energy ----------------> ^     +--> check    Monte Carlo
      cue, threshold                 enumeration (exact judge) --+
           families                    theory (pure SymPy)            evidence and use

Everything left of CLAIM produces claims and never simulates; everything right of it
consumes claims and knows no physics. A module imports only from layers above its own:

=====  =====================================================================
layer  modules
=====  =====================================================================
0      errors, notation, claim
1      registry, formula, coincidences, averages, recurrences, files, messages,
       numeric, evaluation, precision, roots, arrays, laws, exactfunctions, lattice, fieldlaw,
       histories, solutions, convolution, probability, noise, clusters
2      families: rules, named, alphabet, ensembles, cues, thresholds
3      theory: setting, weights, energy, fields, optimum, enumeration
4      capacity, tables, theories (derive)
5      simulate (no SymPy), judgement, networks, trials, observables, predictions, orders,
       measurement, verdicts, checking (check), rare, synapsecount, crossings, comparison
6      publish (report), exploration (explore, page), theorems, specs, terminal, tour, commands,
       cli
=====  =====================================================================

Names are imported when they are first used, so that the command line starts at once.

Examples
--------
>>> import hebbsym as hs
>>> hs.derive(hs.rules["hebb"])["snr"].formula
(D - 1)/(K - 1)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hebbsym.capacity.bounds import bound
    from hebbsym.capacity.meanfield import meanfield
    from hebbsym.capacity.storage import certified
    from hebbsym.checking import check
    from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Step, Verified
    from hebbsym.comparison import universal_table
    from hebbsym.errors import (
        FormulaError,
        HebbsymError,
        InvalidValue,
        NotDerivable,
        OutsideClass,
        SizeLimit,
        UnknownName,
        UnwritableOutput,
    )
    from hebbsym.exploration.atlas import atlas
    from hebbsym.exploration.confirm import confirm
    from hebbsym.exploration.optimise import optimise
    from hebbsym.exploration.page import page
    from hebbsym.exploration.phases import phase_diagram
    from hebbsym.exploration.pictures import front_figure, phase_figure, price_figure
    from hebbsym.exploration.prices import prices
    from hebbsym.exploration.ranking import front, robustness
    from hebbsym.exploration.space import Size, Space
    from hebbsym.exploration.sweeping import Sweep, explore
    from hebbsym.exploration.values import Finite, Grid, Range
    from hebbsym.families.alphabet import equivalent, invariants, reduced
    from hebbsym.families.cues import Exact, Flip, Mask, cues
    from hebbsym.families.ensembles import (
        Binary,
        Bipolar,
        Gaussian,
        Moments,
        Pair,
        Ternary,
        ensembles,
    )
    from hebbsym.families.equalities import Equality, equalities
    from hebbsym.families.named import rule, rules
    from hebbsym.families.nbody import NBodyRule, nbody_power, nbody_products
    from hebbsym.families.rules import ExpandedRule, RuleClass
    from hebbsym.families.separations import separations
    from hebbsym.families.separators import separators
    from hebbsym.families.similarities import similarities
    from hebbsym.families.thresholds import (
        Active,
        Bayes,
        Fixed,
        Inhibition,
        Optimal,
        Zero,
        thresholds,
    )
    from hebbsym.families.universal import UniversalRule, projections
    from hebbsym.numeric import evaluate
    from hebbsym.publish import claim_latex, report, synapse_exhibits
    from hebbsym.rare import rare_error
    from hebbsym.synapsecount import synapse_table
    from hebbsym.theorems import Theorem
    from hebbsym.theories import Theory, dense, derive, universal
    from hebbsym.theory.cycles import Witness, witness
    from hebbsym.theory.energy import energy_claim
    from hebbsym.theory.enumeration import enumerate_fields
    from hebbsym.theory.nbody.walsh import walsh
    from hebbsym.theory.setting import Setting
    from hebbsym.theory.universal.classes import universal_classes
    from hebbsym.theory.universal.enumeration import enumerate_universal
    from hebbsym.verdicts import Outcome, Verdict, Verdicts

__version__ = "0.1.0"
__all__ = [
    "Active",
    "Bayes",
    "Binary",
    "Bipolar",
    "Claim",
    "Derivation",
    "Equality",
    "Evidence",
    "Exact",
    "ExpandedRule",
    "Finite",
    "Fixed",
    "Flip",
    "FormulaError",
    "Gaussian",
    "Grid",
    "HebbsymError",
    "Inhibition",
    "InvalidValue",
    "Mask",
    "Method",
    "Moments",
    "NBodyRule",
    "NotDerivable",
    "Optimal",
    "Outcome",
    "OutsideClass",
    "Pair",
    "Range",
    "Regime",
    "RuleClass",
    "Setting",
    "Size",
    "SizeLimit",
    "Space",
    "Step",
    "Sweep",
    "Ternary",
    "Theorem",
    "Theory",
    "UniversalRule",
    "UnknownName",
    "UnwritableOutput",
    "Verdict",
    "Verdicts",
    "Verified",
    "Witness",
    "Zero",
    "atlas",
    "bound",
    "certified",
    "check",
    "claim_latex",
    "confirm",
    "cues",
    "dense",
    "derive",
    "energy_claim",
    "ensembles",
    "enumerate_fields",
    "enumerate_universal",
    "equalities",
    "equivalent",
    "evaluate",
    "explore",
    "front",
    "front_figure",
    "invariants",
    "meanfield",
    "nbody_power",
    "nbody_products",
    "optimise",
    "page",
    "phase_diagram",
    "phase_figure",
    "price_figure",
    "prices",
    "projections",
    "rare_error",
    "reduced",
    "report",
    "robustness",
    "rule",
    "rules",
    "separations",
    "separators",
    "similarities",
    "synapse_exhibits",
    "synapse_table",
    "thresholds",
    "universal",
    "universal_classes",
    "universal_table",
    "walsh",
    "witness",
]

_HOME = {
    "capacity.bounds": "bound",
    "capacity.meanfield": "meanfield",
    "capacity.storage": "certified",
    "claim": "Claim Derivation Evidence Method Regime Step Verified",
    "errors": "FormulaError HebbsymError InvalidValue NotDerivable OutsideClass SizeLimit UnknownName UnwritableOutput",
    "numeric": "evaluate",
    "families.rules": "ExpandedRule RuleClass",
    "families.named": "rule rules",
    "families.nbody": "NBodyRule nbody_power nbody_products",
    "exploration.space": "Size Space",
    "exploration.sweeping": "Sweep explore",
    "exploration.values": "Finite Grid Range",
    "families.alphabet": "equivalent invariants reduced",
    "families.equalities": "Equality equalities",
    "families.ensembles": "Binary Bipolar Gaussian Moments Pair Ternary ensembles",
    "families.cues": "Exact Flip Mask cues",
    "families.thresholds": "Active Bayes Fixed Inhibition Optimal Zero thresholds",
    "theory.setting": "Setting",
    "theory.nbody.walsh": "walsh",
    "synapsecount": "synapse_table",
    "theory.energy": "energy_claim",
    "theory.cycles": "Witness witness",
    "theory.enumeration": "enumerate_fields",
    "families.separations": "separations",
    "families.separators": "separators",
    "families.similarities": "similarities",
    "families.universal": "UniversalRule projections",
    "theory.universal.classes": "universal_classes",
    "theory.universal.enumeration": "enumerate_universal",
    "comparison": "universal_table",
    "theories": "Theory dense derive universal",
    "checking": "check",
    "verdicts": "Outcome Verdict Verdicts",
    "exploration.page": "page",
    "publish": "claim_latex report synapse_exhibits",
    "rare": "rare_error",
    "exploration.atlas": "atlas",
    "exploration.confirm": "confirm",
    "exploration.optimise": "optimise",
    "exploration.phases": "phase_diagram",
    "exploration.pictures": "front_figure phase_figure price_figure",
    "exploration.prices": "prices",
    "exploration.ranking": "front robustness",
    "theorems": "Theorem",
}
_MODULE = {name: f"hebbsym.{home}" for home, names in _HOME.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name == "notation":  # the symbols, a module of their own
        return import_module("hebbsym.notation")
    if name not in _MODULE:
        raise AttributeError(f"module 'hebbsym' has no attribute {name!r}")
    value = getattr(import_module(_MODULE[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
