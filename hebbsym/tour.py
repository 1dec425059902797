"""The main job: two rules, from coefficients to a checked and typeset capacity.

Main names
----------
STOPS
    The settings of the tour, with the values at which they are simulated.
tour
    Derive, check and typeset them.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from hebbsym.checking import check
from hebbsym.files import writable
from hebbsym.publish import Report, Summary, report, summary
from hebbsym.publish.showcase import showcase
from hebbsym.specs import occurring, setting, values
from hebbsym.theories import Theory, derive
from hebbsym.verdicts import Verdicts

Working = Callable[[str], AbstractContextManager[None]]


@dataclass(frozen=True)
class Stop:
    """One setting, as a user types it, and the values at which it is simulated."""

    rule: str
    patterns: str
    cue: str
    threshold: str
    at: str

    def theory(self) -> Theory:
        """Every quantity of the setting."""
        made = setting(self.rule, self.patterns, self.cue, self.threshold)
        return derive(made.rule, made.patterns, cue=made.cue, threshold=made.threshold)

    def verdicts(self, theory: Theory, seed: int, workers: int) -> Verdicts:
        """What simulation says of the theory."""
        at = values(self.at, occurring(theory.setting, theory.values()))
        return check(theory, seed=seed, workers=workers, **{s.name: v for s, v in at.items()})


STOPS = (
    Stop(
        "expanded",
        "bipolar(mean=a)",
        "flip(delta=delta)",
        "zero",
        "D=100,K=12,a=1/10,delta=1/10,epsilon=1/50,z=3,"
        "c_0=1/50,c_1_post=1/40,c_1_pre=1/30,c_2_post=-1/60,c_2_corr=1,c_2_pre=1/70",
    ),
    Stop(
        "covariance",
        "bipolar(mean=a)",
        "exact",
        "optimal",
        "D=1000,K=200,a=1/10,delta=1/20,epsilon=1/50,z=3",
    ),
)
"""The fully symbolic rule of second order, and the covariance rule."""


@dataclass(frozen=True)
class Toured:
    """The report, the picture of four rules, the summary, and the verdicts of every stop."""

    report: Report
    picture: Path
    summary: Summary
    verdicts: tuple[Verdicts, ...]

    @property
    def exit_status(self) -> int:
        """1 when a verdict disagrees, else 0: what is undecided stands in the summary."""
        return 1 if any(verdicts.exit_status == 1 for verdicts in self.verdicts) else 0


def tour(
    to: str | Path,
    *,
    seed: int = 0,
    workers: int = 1,
    pdf: bool = True,
    stops: tuple[Stop, ...] = STOPS,
    working: Working = lambda what: nullcontext(),
) -> Toured:
    """Derive, check and typeset the rules of the tour.

    Parameters
    ----------
    to : path
        The folder of the report.
    seed, workers : int
        Of the simulations; the result does not depend on the number of workers.
    pdf : bool
        Whether latexmk is run, where it is found.
    stops : tuple of Stop
    working : callable
        Makes the context in which each part of the work is done, from what it is.

    Raises
    ------
    UnwritableOutput
        Before any work when the folder cannot be written.

    Examples
    --------
    >>> [stop.rule for stop in STOPS]
    ['expanded', 'covariance']
    """
    folder = writable(to)
    pairs = []
    for stop in stops:
        with working(f"deriving the {stop.rule} rule"):
            theory = stop.theory()
        with working(f"simulating the {stop.rule} rule"):
            pairs.append((theory, stop.verdicts(theory, seed, workers)))
    with working("verifying every step, drawing and typesetting"):
        made = report(pairs, to=folder, pdf=pdf)
    with working("comparing four rules on biased patterns"):
        picture = showcase(folder / "rules.png")
    found = tuple(verdicts for _, verdicts in pairs)
    return Toured(made, picture, summary(pairs), found)
