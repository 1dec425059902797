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

At a temperature T the states of n-body memories, n > 2, make

    f = (1 - 1/n) m^n - (alpha/(2 n T)) (1 + (n - 1) q^n - n q^(n-1)) - T <ln 2 cosh((m^(n-1) + sqrt(alpha q^(n-1)) z)/T)>

stationary: m = <t>, q = <t^2>. States that are correlated with no pattern have Gaussian energies of variance alpha/n for
each unit, so that the mean of their number bounds their free energy from below, at T = 0 by -sqrt(2 alpha ln 2/n). Below that
the retrieval state is the one of least free energy for certain; at n = 3 and T = 0 it is so as long as it exists.

Two copies of a state drift apart, and replica symmetry is broken, where alpha/T^2 times the derivative of the noise by q
times <(1 - t^2)^2> exceeds one. At T = 0 it always does: for plain Hebb below T = (2/3) alpha C/(1 - C)^2, which is 0.024 at alpha_c,
for few units; for n = 3 at alpha_c below T = 0.3 and for many units, so that alpha_c of n-body memories at T = 0 is to be
taken as replica symmetric and no more.

Assumptions: replica symmetry; asynchronous recall to its end; D -> infinity at fixed alpha.
Where it fails: at T = 0 replica symmetry is broken; for plain Hebb broken once it is 0.138186 (steffan1994).
References: amit1985, amit1987; sompolinsky1986; gardner1987; amari1988; almeida1978; derrida1981; steffan1994 (abstract).
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
n = sp.Symbol("n", integer=True, positive=True)
q, T = sp.symbols("q T", positive=True)
PHI = sp.Function("Phi")(m ** (n - 1), sp.sqrt(alpha * q ** (n - 1)))  # <ln 2 cosh((a + b z)/T)>
MANY = (1 - 1 / n) * m**n - alpha / (2 * n * T) * (1 + (n - 1) * q**n - n * q ** (n - 1)) - T * PHI
OTHERS = -alpha / (2 * n * T) - T * sp.log(2)
COLDEST = sp.sqrt(alpha / (2 * n * sp.log(2)))
SYMMETRY = hs.meanfield("nbody(n=3)", "alpha_symmetric", warm=True).derivation.steps[-1]
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


def _many_bodies_are_stationary() -> bool:
    """df/dm and df/dq with Phi_a = <t>/T and Phi_b = b <1 - t^2>/T^2 (integration by parts), n symbolic."""
    mean, square = sp.symbols("t_1 t_2")
    a, b = PHI.args
    free = MANY.xreplace({PHI: sp.Symbol("Phi")})
    by_m = sp.diff(free, m) - T * mean / T * sp.diff(a, m)
    by_q = sp.diff(free, q) - T * b * (1 - square) / T**2 * sp.diff(b, q)
    wanted_m = (n - 1) * m ** (n - 2) * (m - mean)
    wanted_q = alpha * (n - 1) / (2 * T) * q ** (n - 2) * (square - q)
    pairs = ((by_m, wanted_m), (by_q, wanted_q))
    return all(
        sp.expand(sp.powsimp(sp.expand((found - wanted).xreplace({n: sp.Integer(k)})))) == 0
        for found, wanted in pairs
        for k in range(3, 9)
    )


def _annealed_bound() -> bool:
    """Its entropy alpha/(2 n T^2) against ln 2 vanishes at the coldest, and the bound there is the ground state's."""
    entropy = sp.expand(-sp.diff(OTHERS, T).xreplace({T: COLDEST}))
    ground = sp.expand(OTHERS.xreplace({T: COLDEST}) ** 2)
    return entropy == 0 and sp.expand(ground - 2 * alpha * sp.log(2) / n) == 0


def _first_order_of_many_bodies() -> bool:
    """alpha_1 of the claims: energy at its load against the bound, n = 4 and 6; n = 3 keeps the lead to alpha_c."""
    for bodies in (4, 6):
        load = hs.evaluate(hs.meanfield(f"nbody(n={bodies})", "alpha_first_order").formula)
        with mpmath.workdps(30):
            overlap = mpmath.mpf(1)
            for _ in range(300):
                overlap = mpmath.erf(overlap ** (bodies - 1) / mpmath.sqrt(2 * load))
            noise = overlap ** (2 * bodies - 2) / (2 * load)
            own = -(overlap**bodies) / bodies - mpmath.sqrt(2 * load / mpmath.pi) * mpmath.exp(
                -noise
            )
            if abs(own + mpmath.sqrt(2 * load * mpmath.log(2) / bodies)) > mpmath.mpf(10) ** -25:
                return False
    three = [
        hs.evaluate(hs.meanfield("nbody(n=3)", name).formula)
        for name in ("alpha_c", "alpha_first_order")
    ]
    return bool(three[0] == three[1])


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
            step(
                sp.Eq(sp.Symbol("f"), MANY, evaluate=False),
                "n-body memories at a temperature, Phi the mean of $\\ln 2\\cosh((a+bz)/T)$: replicas of a state meet in "
                "the noise of the other patterns with $\\alpha q^n/(2nT^2)$ for each pair",
                evidence(
                    method.SUBSTITUTION,
                    "its derivatives by m and q give m = <t> and q = <t^2>, n = 3 .. 8",
                    _many_bodies_are_stationary,
                ),
            ),
            step(
                sp.Ge(sp.Symbol("f_others"), OTHERS, evaluate=False),
                "mean number of states of Gaussian energies of variance alpha/n; below the temperature at which "
                "its entropy is zero the bound stays, since f falls with T",
                evidence(
                    method.SUBSTITUTION, "entropy and value at that temperature", _annealed_bound
                ),
            ),
            step(
                sp.Eq(
                    -(m**n) / n - sp.sqrt(2 * alpha / sp.pi) * e,
                    -sp.sqrt(2 * alpha * sp.log(2) / n),
                    evaluate=False,
                ),
                "alpha_1 of n-body memories at T = 0",
                evidence(
                    method.NUMERIC,
                    "the equations iterated at the claimed load, n = 4 and 6, 25 digits; n = 3",
                    _first_order_of_many_bodies,
                ),
            ),
            SYMMETRY,
        )
    )


THEOREM = hs.Theorem(
    name="mean_field",
    title="Mean field of memories near saturation, and their critical loads",
    statement=(LOAD, STATIONARY, CRITICAL, ENERGY, GLASS),
    derive=derivation,
    prose=__doc__,
    assumptions=hs.meanfield("hebb").assumptions,
    source="amit1985, amit1987, gardner1987, almeida1978, derrida1981 (equations unverified)",
)
