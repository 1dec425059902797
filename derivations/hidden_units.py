r"""A dense memory trained by a pairwise Hebbian rule: one hidden unit for each pattern, and what that costs.

Visible signs sigma_i and hidden units h_mu, one for each stored pattern, have the energy

    E(sigma, h) = sum_mu F*(h_mu) - sum_mu sum_i w_mu_i h_mu sigma_i,

with F convex and F* its convex conjugate. Every coupling joins one visible and one hidden unit.

1. At the best h the energy is that of the dense memory, min_h E(sigma, h) = - sum_mu F(sum_i w_mu_i sigma_i), with
h_mu = F'(sum_i w_mu_i sigma_i). For F = x^2/2 it is so at every temperature too (a Gaussian integral); for other F
integration over h gives it as the temperature falls to zero.

2. Learning is the activity product, Delta w_mu_i = h_mu x_i, shown each pattern once: a fresh hidden unit is held at
1, the others at 0, and the visible units hold the pattern. Then w_mu_i = xi_i^mu; the order of the patterns is of no account.

3. Recall is two pairwise steps, h_mu = F'(sum_i w_mu_i sigma_i) and sigma_i = sgn sum_mu w_mu_i h_mu: the gradient update
of the dense memory, unit i inside the overlap. Neither step raises E(sigma, h), so that the dense energy never rises,
though all units are updated at once. For an F that is not convex, x^3/3, it may.

4. The price. There are K hidden units and K D synapses. A visible unit has one synapse for each pattern, K of them, where a
memory with synapses of n bodies has W = z^2 (K - 1). A pattern is stored at one unit: without unit mu the energy
lacks F of pattern mu and nothing else, so that the memory is not distributed over its units. With H hidden units whose
states do not depend on the labels of a visible unit, however they were trained, no more than 2 H patterns are stored there with a
probability above 1/2: hidden units have to be added in proportion to the patterns.

So a pairwise Hebbian rule trains a dense memory of any degree, on a network that grows by a unit and D synapses with every
pattern.

Assumptions: states and patterns of signs; F convex and differentiable, as x^n/n for even n and the exponential; the
hidden unit of a new pattern is chosen by what shows the pattern, not by the rule.

References: krotov2021 for the two-layer energy (equation numbers unverified); the descent of the parallel update, the price
and the bound on H are derived here.
"""

from itertools import product

import mpmath
import sympy as sp

import hebbsym as hs
from hebbsym.notation import K, x_i, x_j, z

F, E = sp.Function("F"), sp.Function("E")
H, W = sp.symbols("H W", integer=True, positive=True)
h, q, t = sp.symbols("h q t", positive=True)
sigma, hidden = sp.symbols(r"\sigma h")
UNITS = 5
PATTERNS = ((1, 1, -1, 1, -1), (1, -1, -1, -1, 1), (-1, 1, 1, -1, -1))
CROWDED = ((1, 1, -1, -1, -1), (1, -1, 1, -1, -1), (-1, 1, 1, 1, 1), (1, -1, -1, -1, 1))
STATES = tuple(product((1, -1), repeat=UNITS))
ENERGY = sp.Symbol(r"\sum_\mu F^{*}(h_\mu) - \sum_{\mu i} w_{\mu i} h_\mu \sigma_i")
DENSE = sp.Symbol(r"{-\sum_\mu F(\xi^\mu \cdot \sigma)}")
BEST = sp.Symbol(r"{\min_h E(\sigma, h)}")
RULE = sp.Eq(sp.Symbol(r"\Delta w_{\mu i}"), sp.Symbol(r"{h_\mu x_i}"))


def eq(left: sp.Expr, right: sp.Expr) -> sp.Eq:
    """left = right, as it stands."""
    return sp.Eq(left, right, evaluate=False)


def overlaps(state: tuple[int, ...], patterns=PATTERNS) -> list[sp.Integer]:
    """xi^mu . sigma."""
    return [sp.Integer(sum(a * b for a, b in zip(xi, state, strict=True))) for xi in patterns]


class Power:
    """x^n/n of even n, its slope, and its conjugate at a slope: (n - 1)/n |h|^(n/(n - 1))."""

    def __init__(self, n: int) -> None:
        self.n = n

    def value(self, x: sp.Expr) -> sp.Expr:
        return x**self.n / self.n

    def slope(self, x: sp.Expr) -> sp.Expr:
        return x ** (self.n - 1)

    def conjugate(self, y: sp.Expr) -> sp.Expr:
        return sp.Rational(self.n - 1, self.n) * sp.Abs(y) ** sp.Rational(self.n, self.n - 1)


class Exponential:
    """e^x, its slope, and its conjugate: h ln h - h."""

    def value(self, x: sp.Expr) -> sp.Expr:
        return sp.exp(x)

    slope = value

    def conjugate(self, y: sp.Expr) -> sp.Expr:
        return y * sp.log(y) - y


CONVEX = (Power(2), Power(4), Power(6), Exponential())


def energy(one, state: tuple[int, ...], units: list[sp.Expr]) -> sp.Expr:
    """E(sigma, h), coupling by coupling."""
    coupled = sum(
        sp.Integer(w) * h_mu * s
        for xi, h_mu in zip(PATTERNS, units, strict=True)
        for w, s in zip(xi, state, strict=True)
    )
    return sum(one.conjugate(h_mu) for h_mu in units) - coupled


# ---- evidence ------------------------------------------------------------------------------


def _hidden_units_at_their_best() -> bool:
    """All 32 states, four F: E at h = F'(q) is the dense energy, exactly, and less at no other slope tried."""
    for one in CONVEX:
        for state in STATES:
            q_mu = overlaps(state)
            dense = -sum(one.value(x) for x in q_mu)
            if sp.expand(energy(one, state, [one.slope(x) for x in q_mu]) - dense) != 0:
                return False
            for place, other in product(range(len(PATTERNS)), range(-3, 4)):
                moved = [one.slope(x) for x in q_mu]
                moved[place] = one.slope(sp.Integer(other))
                gap = sp.expand(energy(one, state, moved) - dense)
                same = q_mu[place] == other
                if same != (gap == 0) or (not same and not gap.is_positive and gap.evalf() <= 0):
                    return False
    return True


def _gaussian_at_every_temperature() -> bool:
    """The integral over h at F = x^2/2, symbolic overlap and temperature."""
    x = sp.Symbol("x", real=True)
    found = sp.integrate(sp.exp((x * q - x**2 / 2) / t), (x, -sp.oo, sp.oo))
    return sp.expand(sp.log(found / sp.sqrt(2 * sp.pi * t)) * t - q**2 / 2).equals(0)


def _cold_integral() -> bool:
    """F = x^4/4 at q = 3/2: -T ln of the integral, less Laplace's T/2 ln(2 pi T/F*''), is off by order T^2."""
    one, at = Power(4), mpmath.mpf(3) / 2
    best = at**3
    curvature = mpmath.mpf(1) / 3 * best ** (-mpmath.mpf(2) / 3)
    gaps = []
    for heat in (mpmath.mpf(1) / 10, mpmath.mpf(1) / 20, mpmath.mpf(1) / 40):

        def weight(x, heat=heat):
            return mpmath.exp(
                (x * at - mpmath.mpf(3) / 4 * abs(x) ** (mpmath.mpf(4) / 3) - at**4 / 4) / heat
            )

        width = mpmath.sqrt(heat / curvature)
        ends = [best - 14 * width, 0, best, best + 14 * width]
        total = mpmath.quad(weight, sorted(ends))
        laplace = mpmath.sqrt(2 * mpmath.pi * heat / curvature)
        gaps.append(heat * mpmath.log(total / laplace))
    ratios = [gaps[0] / gaps[1], gaps[1] / gaps[2]]
    return all(3.3 < ratio < 5 for ratio in ratios) and one.conjugate(
        sp.Integer(27)
    ) == sp.Rational(243, 4)


def _pairs_alone() -> bool:
    """At symbolic h the energy has Walsh degree 1 in the visible signs, with coefficient -sum_mu h_mu w_mu_i."""
    units = sp.symbols("h_1:4", positive=True)
    found = hs.walsh(lambda s: energy(Power(2), tuple(s), list(units)), UNITS)
    wanted = {
        frozenset((i,)): -sum(u * xi[i] for u, xi in zip(units, PATTERNS, strict=True))
        for i in range(UNITS)
    }
    constant = sum(u**2 for u in units) / 2
    return max(map(len, found)) == 1 and all(
        sp.expand(found[chosen] - (wanted.get(chosen, constant))) == 0 for chosen in found
    )


def _learned_in_one_shot() -> bool:
    """The activity product of the registry, patterns in two orders: W is the matrix of patterns."""
    update = hs.rules["hebb"].update
    for order in ((0, 1, 2), (2, 0, 1)):
        weights = [[sp.S.Zero] * UNITS for _ in PATTERNS]
        for shown in order:
            for mu, i in product(range(len(PATTERNS)), range(UNITS)):
                held = sp.Integer(int(mu == shown))
                weights[mu][i] += update.xreplace({x_i: held, x_j: sp.Integer(PATTERNS[shown][i])})
        if tuple(map(tuple, weights)) != PATTERNS:
            return False
    return True


def step(one, state: tuple[int, ...], patterns) -> tuple[int, ...]:
    """All visible units at once; a field of zero leaves a unit as it is."""
    units = [one.slope(x) for x in overlaps(state, patterns)]
    fields = [sum(u * xi[i] for u, xi in zip(units, patterns, strict=True)) for i in range(UNITS)]
    return tuple(
        s if value == 0 else (1 if value > 0 else -1)
        for s, value in zip(state, fields, strict=True)
    )


def _rises(one, patterns) -> int:
    """In how many states the parallel update raises the dense energy."""

    def dense(state: tuple[int, ...]) -> sp.Expr:
        return -sum(one.value(x) for x in overlaps(state, patterns))

    return sum(
        bool((dense(step(one, state, patterns)) - dense(state)).evalf() > 1e-12) for state in STATES
    )


def _never_rises() -> bool:
    """No state of 32 at the convex F, three and four patterns; some at x^3/3 and four."""
    convex = all(_rises(one, found) == 0 for one in CONVEX for found in (PATTERNS, CROWDED))
    return convex and _rises(Power(3), CROWDED) == 2


def _one_unit_one_pattern() -> bool:
    """Without hidden unit mu the best energy lacks F(xi^mu . sigma) alone."""
    for one, state in product(CONVEX[:3], STATES):
        q_mu = overlaps(state)
        whole = energy(one, state, [one.slope(x) for x in q_mu])
        for mu, x in enumerate(q_mu):
            units = [one.slope(y) if nu != mu else sp.S.Zero for nu, y in enumerate(q_mu)]
            if sp.expand(energy(one, state, units) - whole - one.value(x)) != 0:
                return False
    return True


def _count() -> bool:
    """Of n-body synapses W = z^2 (K - 1), whatever n, from the claims; of hidden ones W = K."""
    for n in (2, 3, 4):
        theory = hs.derive(hs.nbody_products((n,)), quantities=["synapses", "capacity:snr"])
        stored = theory["capacity:snr"].formula - 1
        gap = sp.expand_func(theory["synapses"].formula) - z**2 * stored
        if sp.cancel(sp.together(gap)) != 0:
            return False
    return True


def derivation() -> hs.Derivation:
    """The best hidden units; the rule; the recall and its descent; the price."""
    evidence, method, cover = hs.Evidence, hs.Method, hs.bound("cover")
    return hs.Derivation(
        (
            hs.Step(
                eq(BEST, DENSE),
                "F is the conjugate of F*: h q - F*(h) is largest at h = F'(q), and there it is F(q)",
                evidence(
                    method.ENUMERATION,
                    "all 32 states at D = 5, K = 3, F = x^n/n for n = 2, 4, 6 and exp; 7 other slopes",
                    _hidden_units_at_their_best,
                ),
            ),
            hs.Step(
                eq(
                    sp.Symbol(r"\int dh\, e^{(h q - h^2/2)/T}"),
                    sp.sqrt(2 * sp.pi * t) * sp.exp(q**2 / (2 * t)),
                ).xreplace({t: sp.Symbol("T", positive=True)}),
                "F = x^2/2: the integral over the hidden units gives the same energy at every temperature T",
                evidence(method.SUBSTITUTION, "symbolic q and T", _gaussian_at_every_temperature),
            ),
            hs.Step(
                eq(sp.Symbol(r"\lim_{T \to 0} -T \ln \int dh\, e^{(h q - F^{*}(h))/T}"), -F(q)),
                "Laplace's method, for any convex F",
                evidence(
                    method.LIMIT,
                    "F = x^4/4: the distance from Laplace's term falls like T^2, three temperatures",
                    _cold_integral,
                ),
            ),
            hs.Step(
                eq(E(sigma, hidden), ENERGY),
                "no coupling joins two visible units, and none joins more than two units",
                evidence(
                    method.SUBSTITUTION, "Walsh expansion at symbolic h, D = 5, K = 3", _pairs_alone
                ),
            ),
            hs.Step(
                RULE,
                "the activity product between a visible and a hidden unit, with one fresh hidden unit held at 1",
                evidence(
                    method.ENUMERATION,
                    "the weights after three patterns, in two orders",
                    _learned_in_one_shot,
                ),
            ),
            hs.Step(
                sp.Le(sp.Symbol(r"E(\sigma', h)"), sp.Symbol(r"E(\sigma, h)"), evaluate=False),
                "at fixed h the energy is linear in each sigma_i, so that every unit on the side of its field "
                "lowers it, whatever the others do; then h goes to its best",
                evidence(
                    method.ENUMERATION,
                    "the dense energy along the parallel update, all 32 states, K = 3 and 4; x^3/3 rises from two of them",
                    _never_rises,
                ),
            ),
            hs.Step(
                eq(sp.Symbol(r"{\Delta_\mu \min_h E}"), sp.Symbol(r"{F(\xi^\mu \cdot \sigma)}")),
                "a hidden unit that is lost, h_mu = 0, takes its pattern with it and no other",
                evidence(method.ENUMERATION, "all states, each hidden unit", _one_unit_one_pattern),
            ),
            hs.Step(
                eq(W, K),
                "synapses of a visible unit, one for each pattern, K D in all; synapses of n bodies take "
                "W = z^2 (K - 1) at a unit for a signal-to-noise ratio of z^2, whatever n",
                evidence(method.SUBSTITUTION, "claims about n = 2, 3, 4", _count),
            ),
            hs.Step(
                sp.Le(K, 2 * H, evaluate=False),
                "Cover's count with the H hidden states as features of the labels of a visible unit",
                evidence(
                    method.SECOND_ROUTE,
                    "the steps of the bound",
                    lambda: all(s.holds in (True, None) for s in cover.derivation.verify()),
                ),
            ),
        )
    )


THEOREM = hs.Theorem(
    name="hidden_units",
    title="A pairwise Hebbian rule trains a dense memory, with a hidden unit for every pattern",
    statement=(eq(E(sigma, hidden), ENERGY), RULE, eq(BEST, DENSE), eq(W, K)),
    derive=derivation,
    prose=__doc__,
    assumptions=(
        "states and patterns of signs; the weights start at zero",
        "F is convex and differentiable: x^n/n for even n, or the exponential",
        "while a pattern is shown its own, fresh hidden unit is held at 1 and the others at 0",
        "bound on H: labels of a visible unit are fair, and the hidden states do not depend on them",
    ),
    source="krotov2021 (the energy; equation numbers unverified); derived here",
)
