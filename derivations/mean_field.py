r"""Mean field of a memory near saturation: the load at which recall, run to its end, breaks down.

Recall of one of K = alpha D patterns of fair signs, stored by the Hebb rule, at T = 0. The field of unit i
is m xi_i plus the crosstalk of the other patterns, sum_mu xi_i^mu m_mu. A small overlap m_mu moves the
state, and so itself: m_mu = eta_mu + C m_mu, eta_mu the sum over the state without pattern mu, of variance
1/D. So the crosstalk has the variance

    Sigma = alpha/(1 - C)^2,

m = erf(y) and C = sqrt(2/(pi Sigma)) e^(-y^2), with y = m/sqrt(2 Sigma). In terms of y,

    sqrt(2 alpha) = erf(y)/y - (2/sqrt(pi)) e^(-y^2):

its maximum is alpha_c, at erf(y) = (2/sqrt(pi)) e^(-y^2) (y + 2 y^3), so that alpha_c = (8/pi) y^4 e^(-2 y^2).
The same equations make the replica-symmetric free energy stationary. With it the retrieval state has the
energy -m^2/2 + alpha (1 - r)/2, the spin glass -1/pi - sqrt(2 alpha/pi): they are equal at alpha_1.

Other memories differ in the noise for each pattern. A static part s of the weights' noise adds alpha s:
pi/2 - 1 for clipped signs, (1 - c)/c for dilution. For n-body synapses with n > 2 nothing acts back:
Sigma = alpha, with the signal m^(n-1). Taking states two steps apart as independent
(Sigma = alpha + C^2 Sigma + 2 alpha C m^2) gives the larger load 0.16: another criterion of the same breakdown.

Assumptions: replica symmetry; asynchronous recall to its end; D -> infinity at fixed alpha.
Where it fails: at T = 0 replica symmetry is broken; printed corrections are of some per cent (unverified).
References: amit1985, amit1987; sompolinsky1986; gardner1987; amari1988.
"""

import mpmath
import sympy as sp

import hebbsym as hs
from hebbsym.notation import alpha, y

C, r, m, eta = sp.symbols("C r m eta", positive=True)
e = sp.exp(-(y**2))
m_mu = sp.Symbol("m_mu", real=True)
LOAD = sp.Eq(sp.sqrt(2 * alpha), sp.erf(y) / y - 2 * e / sp.sqrt(sp.pi), evaluate=False)
STATIONARY = sp.Eq(sp.erf(y), 2 / sp.sqrt(sp.pi) * e * (y + 2 * y**3), evaluate=False)
CRITICAL = sp.Eq(sp.Symbol("alpha_c"), 8 / sp.pi * y**4 * sp.exp(-2 * y**2), evaluate=False)
ENERGY = sp.Eq(sp.Symbol("E"), -(m**2) / 2 + alpha * (1 - r) / 2, evaluate=False)
GLASS = sp.Eq(sp.Symbol("E_glass"), -1 / sp.pi - sp.sqrt(2 * alpha / sp.pi), evaluate=False)


def free_energy() -> sp.Expr:
    """At T = 0, Sigma = alpha r; the last terms are minus the mean of |m + sqrt(Sigma) z|."""
    signal = m / sp.sqrt(2 * alpha * r)
    strength = m * sp.erf(signal) + sp.sqrt(2 * alpha * r / sp.pi) * sp.exp(-(signal**2))
    return m**2 / 2 + alpha / 2 * (1 - 1 / (1 - C) + r * C) - strength


def _acts_back() -> bool:
    """The overlap that solves m_mu = eta + C m_mu is the echo's geometric sum."""
    (solution,) = sp.solve(sp.Eq(m_mu, eta + C * m_mu), m_mu)
    echo = sum(C**k for k in range(12))
    rest = sp.cancel(solution / eta - echo)
    return sp.cancel(rest * (1 - C) - C**12) == 0


def _solves_the_equations() -> bool:
    """m = erf(y), sqrt(2 Sigma) = m/y, Sigma (1 - C)^2 = alpha: LOAD, exactly."""
    overlap = sp.erf(y)
    spread = overlap / y
    response = sp.sqrt(2 / sp.pi) * e / (spread / sp.sqrt(2))
    return sp.expand(spread * (1 - response) - LOAD.rhs) == 0


def _maximum() -> bool:
    slope = sp.diff(LOAD.rhs, y) * y**2
    at_root = LOAD.rhs.xreplace({sp.erf(y): STATIONARY.rhs})
    return (
        sp.expand(slope + STATIONARY.lhs - STATIONARY.rhs) == 0
        and sp.expand(sp.expand(at_root) ** 2 / 2 - CRITICAL.rhs) == 0
    )


def _same_saddle() -> bool:
    """The gradient of the free energy, at zero tolerance."""
    f, noise = free_energy(), alpha * r
    wanted = {
        m: m - sp.erf(m / sp.sqrt(2 * noise)),
        C: alpha / 2 * (r - 1 / (1 - C) ** 2),
        r: alpha / 2 * (C - sp.sqrt(2 / (sp.pi * noise)) * sp.exp(-(m**2) / (2 * noise))),
    }
    return all(
        sp.powdenest(sp.expand(sp.powsimp(sp.diff(f, symbol) - expected)), force=True).equals(0)
        for symbol, expected in wanted.items()
    )


def _energies() -> bool:
    """With m = erf, C r alpha = sqrt(Sigma) ... and r = 1/(1 - C)^2; the glass has m = 0."""
    strength = m**2 + alpha * r * C  # m erf(y) + sqrt(2 Sigma/pi) e^(-y^2) at a solution
    f = m**2 / 2 + alpha / 2 * (1 - 1 / (1 - C) + r * C) - strength
    retrieval = (f - ENERGY.rhs).xreplace({r: 1 / (1 - C) ** 2})
    u = sp.sqrt(2 / (sp.pi * alpha))  # C/(1 - C) of the glass: Sigma C^2 = 2/pi
    glass = ENERGY.rhs.xreplace({m: sp.Integer(0), r: (1 + u) ** 2})
    return sp.cancel(retrieval) == 0 and sp.expand(glass - GLASS.rhs) == 0


def _thirty_digits() -> bool:
    """The claim's value against the closed form at a root found from its own equation."""
    claim = hs.meanfield("hebb")
    overlap = hs.evaluate(hs.meanfield("hebb", "overlap_c").formula)
    root = sp.erfinv(sp.Rational(mpmath.nstr(overlap, 30)))
    closed = CRITICAL.rhs.xreplace({y: root})
    return bool(abs(hs.evaluate(closed) - hs.evaluate(claim.formula)) < 1e-25)


def _known_relations() -> bool:
    """nbody(2) is Hebb; clipping costs, dilution gains for each synapse; two steps overestimate."""
    load = {
        text: hs.evaluate(hs.meanfield(text).formula)
        for text in ("hebb", "nbody(n=2)", "sign-clipped", "diluted(connectivity=1/2)", "two-step")
    }
    return bool(
        load["nbody(n=2)"] == load["hebb"]
        and load["sign-clipped"] < load["hebb"] < load["two-step"]
        and load["hebb"] / 2 < load["diluted(connectivity=1/2)"] / 2 < load["hebb"]
    )


def derivation() -> hs.Derivation:
    """The response; the load as a function of y; its maximum; the free energy; the first-order point."""
    evidence, method, step = hs.Evidence, hs.Method, hs.Step
    return hs.Derivation(
        (
            step(
                sp.Eq(m_mu, eta / (1 - C), evaluate=False),
                "a small overlap moves the state in proportion, and the state is the overlap",
                evidence(method.SECOND_ROUTE, "the sum of the echoes C^k", _acts_back),
            ),
            step(
                LOAD,
                "m = erf(y), C and Sigma = alpha/(1 - C)^2 in terms of y",
                evidence(method.SUBSTITUTION, "as an identity in y", _solves_the_equations),
            ),
            step(
                STATIONARY,
                "the largest load: its derivative by y vanishes",
                evidence(method.SUBSTITUTION, "the derivative, and the load at its zero", _maximum),
            ),
            step(
                CRITICAL,
                "erf(y) eliminated from the load",
                evidence(method.NUMERIC, "against the claim's own solution", _thirty_digits),
            ),
            step(
                sp.Eq(sp.Symbol("f"), free_energy(), evaluate=False),
                "replica-symmetric free energy at T = 0, stationary in m, C and r",
                evidence(
                    method.SECOND_ROUTE, "its gradient gives the same equations", _same_saddle
                ),
            ),
            step(ENERGY, "the free energy at its stationary point"),
            step(
                GLASS,
                "the state m = 0 has Sigma C^2 = 2/pi, which gives r in closed form",
                evidence(method.SUBSTITUTION, "both energies from f", _energies),
            ),
            step(
                sp.Eq(
                    sp.Symbol("Sigma"), alpha * (1 / (1 - C) ** 2 + sp.Symbol("s")), evaluate=False
                ),
                "a part of the weights that is uncorrelated with the patterns adds static noise",
                evidence(method.LIMIT, "orders between the memories", _known_relations),
            ),
        )
    )


THEOREM = hs.Theorem(
    name="mean_field",
    title="Mean field of memories near saturation, and their critical loads",
    statement=(LOAD, STATIONARY, CRITICAL, ENERGY, GLASS),
    derive=derivation,
    prose=__doc__,
    assumptions=hs.meanfield("hebb").assumptions,
    source="amit1985, amit1987 (equations unverified)",
)
