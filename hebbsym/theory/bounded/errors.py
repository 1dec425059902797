r"""Claims about one recalled bit of a bounded memory: the exact error, and the forms beside it.

Given the history of the postsynaptic unit the terms of the field are independent and identically
distributed; the exact error is the average of the tails of their sum. It is a closed sum for synapses
that can only be switched on (Willshaw), and else worked out at whole numbers, in exact numbers.

Main names
----------
QUANTITIES
    threshold, bit_error (exact), bit_error:exact, bit_error:high, bit_error:low, bit_error:product,
    bit_error:gaussian.

Conventions
-----------
A tie (h = theta) counts as half an error. Where the threshold follows the cue, the field less its
share of the cue is compared with the offset.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from hebbsym import notation
from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Step
from hebbsym.errors import InvalidValue, NotDerivable
from hebbsym.exactfunctions import WholeFunction, whole_function
from hebbsym.notation import K, age, equation, field_mean, field_variance, r, tail
from hebbsym.theory.bounded.bench import SynapseBench, assumed, renewed
from hebbsym.theory.bounded.chains import Chain
from hebbsym.theory.bounded.mixture import field_errors
from hebbsym.theory.bounded.paths import PathEnumeration
from hebbsym.theory.bounded.rising import RisingErrors
from hebbsym.theory.bounded.synapse import chain_of
from hebbsym.theory.mixture import distance
from hebbsym.theory.setting import Setting
from hebbsym.theory.workbench import Quantity, needs_two_values

_error = sp.Function(r"\operatorname{P}_{\mathrm{err}}")
_tail = sp.Function(r"\operatorname{P}")


def error_of(bench: SynapseBench, letter: int) -> sp.Expr:
    """The exact probability of a wrong bit where a value is stored (0 the lower, 1 the higher one).

    Examples
    --------
    >>> from hebbsym.families.named import rule
    >>> error = error_of(SynapseBench(Setting(rule("sign-clipped"))), 1)
    >>> error.xreplace({notation.D: sp.Integer(5), K: sp.Integer(3), age: sp.S.Zero})
    5/32
    """
    rising = _rising(bench)
    return _whole(bench, letter) if rising is None else rising.exact(letter)


def _rising(bench: SynapseBench) -> RisingErrors | None:
    """The closed form, where synapses only rise and the threshold is a number."""
    law = bench.setting.threshold
    if law.share == 0 and law.depends_on_load:
        return None
    try:
        chain = Chain(bench.setting)
    except NotDerivable:  # levels that never close
        return None
    errors = RisingErrors(chain, bench.inputs, bench.theta, law.share)
    return errors if errors.exists else None


def _whole(bench: SynapseBench, letter: int) -> sp.Expr:
    """The error as a function of whole numbers and of the symbols of the setting."""
    setting = bench.setting
    symbols = tuple(sorted(setting.free_symbols, key=str))

    def law(units: sp.Expr, patterns: sp.Expr, age_: sp.Expr, *values: sp.Expr) -> sp.Expr:
        numbers = (units, patterns, age_)
        if not all(number.is_Integer for number in numbers):
            raise InvalidValue(f"D, K and age are whole numbers, not {units}, {patterns}, {age_}")
        at = dict(zip(symbols, values, strict=True))
        return _at_numbers(setting.at(at), letter, *map(int, numbers))

    name = "P_high" if letter == 1 else "P_low"
    made: type[WholeFunction] = whole_function(name, law)
    return made(notation.D, K, bench.moments.age, *symbols)


def _at_numbers(setting: Setting, letter: int, units: int, patterns: int, age_: int) -> sp.Expr:
    """The error of a setting without symbols."""
    bench = SynapseBench(setting)
    at = {notation.D: units, K: patterns, age: age_}
    numbers = {symbol: sp.Integer(n) for symbol, n in at.items()}
    chain = chain_of(setting, patterns)
    wrong, _ = field_errors(
        chain,
        letter,
        int(setting.inputs.xreplace(numbers)),
        patterns,
        age_,
        bench.theta.xreplace(numbers),
        setting.threshold.share,
    )
    return chain.expression(wrong)


def _total(bench: SynapseBench, of: Callable[[int], sp.Expr]) -> sp.Expr:
    """The average over the stored value."""
    return sp.Add(*(p * of(n) for n, (_, p) in enumerate(bench.setting.post.alphabet)))


def _conditions(bench: SynapseBench) -> tuple[str, ...]:
    return (*assumed(bench.setting), bench.setting.output.statement)


def _shape(bench: SynapseBench, letter: int) -> sp.Expr:
    """The mixture in words of the tail given the history."""
    value = bench.setting.post.alphabet[letter][0]
    p = sp.Symbol("p_+")
    weight = sp.binomial(K - 1, r) * p**r * (1 - p) ** (K - 1 - r)
    if _rising(bench) is not None:
        return sp.Sum(weight * _tail(value, r), (r, 0, K - 1))
    return sp.Function(r"\operatorname{E}_{u}")(_tail(value, sp.Symbol("u")))


def _steps(bench: SynapseBench, letters: tuple[int, ...], formula: sp.Expr) -> tuple[Step, ...]:
    def truth(paths: PathEnumeration) -> sp.Expr:
        if len(letters) == 2:
            return paths.total_bit_error().wrong
        return paths.bit_error(bench.setting.post.alphabet[letters[0]][0]).wrong

    evidence: Evidence | None = None
    if bench.setting.threshold.share != 0 or not bench.setting.threshold.depends_on_load:
        evidence = bench.walked("probability of a wrong bit", formula, truth, True)
    mixtures = tuple(
        Step(
            equation(_error(bench.setting.post.alphabet[n][0]), _shape(bench, n)),
            "given the history u of the unit the terms s_j w_ij are independent and identically "
            "distributed; the tail of their sum is averaged over u"
            + (
                ", which enters through the number r of patterns that hold the higher value"
                if _rising(bench)
                else ""
            ),
        )
        for n in letters
    )
    how = "the law of a synapse given the history inserted"
    return (*mixtures, Step(formula, how, evidence))


def _exact(name: str, letters: tuple[int, ...]) -> Callable[[SynapseBench], Claim]:
    def build(bench: SynapseBench) -> Claim:
        if len(letters) == 2:
            formula, where = _total(bench, lambda n: error_of(bench, n)), ""
            symbol: sp.Basic = sp.Symbol(r"\operatorname{P}_{\mathrm{err}}")
        else:
            value = bench.setting.post.alphabet[letters[0]][0]
            formula, where = error_of(bench, letters[0]), f" where {value} is stored"
            symbol = _error(value)
        return Claim(
            name,
            f"probability that a bit is wrong{where}, exact",
            formula,
            Regime.EXACT,
            _conditions(bench),
            Derivation(_steps(bench, letters, formula)),
            symbol=symbol,
            observable=name.removesuffix(":exact"),
            display=symbol,
        )

    return build


def _product(bench: SynapseBench) -> Claim:
    rising = _rising(bench)
    if rising is None:
        raise NotDerivable(
            "the product form takes synapses that only rise, such as Willshaw's, and a threshold "
            "that is a number or follows the cue"
        )
    formula, exact = (_total(bench, form) for form in (rising.product, rising.exact))

    def single() -> bool:
        """One other pattern at most: nothing is shared, and both forms agree."""
        at = {K: sp.S.One, notation.D: sp.Integer(4)}
        return bool(sp.expand((formula - exact).xreplace(at).doit()) == 0)

    steps = (
        Step(
            formula,
            "the probability that a synapse is low is put in the place of its value given the "
            "history, as if the weights onto one unit were independent",
            Evidence(
                Method.LIMIT, "K = 1, where there is no history: equal to the exact error", single
            ),
        ),
    )
    return Claim(
        "bit_error:product",
        "probability that a bit is wrong, product form of the literature",
        formula,
        Regime.HEURISTIC,
        (*_conditions(bench), "weights onto one unit are taken as independent, which they are not"),
        Derivation(steps),
        "willshaw1969; palm1980 (equation numbers unverified)",
        symbol=sp.Symbol(r"\operatorname{P}_{\mathrm{prod}}"),
        dropped="the covariance of weights onto one unit: the exact error is bit_error, and their "
        "difference is what this form is wrong by",
        remainder=lambda values: (formula - exact).xreplace(dict(values)),
        observable="bit_error",
    )


def _gaussian(bench: SynapseBench) -> Claim:
    laws = bench.laws
    if any(law.variance == 0 for law in laws):
        raise NotDerivable("the field has no noise under one of the stored values")
    theta = bench.theta

    def one(letter: int) -> sp.Expr:
        law = laws[letter]
        return tail(distance(law.mean, law.variance, theta, letter == 1))

    formula = _total(bench, one)
    values = [v for v, _ in bench.setting.post.alphabet]
    shape = sp.Add(
        *(
            sp.Symbol(f"p_{sign}")
            * sp.Function("Q")(
                distance(field_mean(v), field_variance(v), notation.theta, sign == "+")
            )
            for sign, v in zip("-+", values, strict=True)
        )
    )
    exact = _total(bench, lambda n: error_of(bench, n))
    return Claim(
        "bit_error:gaussian",
        "probability that a bit is wrong, for a Gaussian field",
        formula,
        Regime.LEADING_ORDER,
        _conditions(bench),
        Derivation((Step(shape, "a Gaussian field with the exact M and V of the pattern's age"),)),
        symbol=sp.Symbol(r"\operatorname{P}_{\mathrm{err}}"),
        dropped="the distance of the field from a Gaussian given the unit's history, of order "
        "1/sqrt(D), and the variation of mean and variance with that history",
        remainder=lambda at: (formula - exact).xreplace(dict(at)),
        observable="bit_error",
        display=shape,
    )


def _threshold(bench: SynapseBench) -> Claim:
    law = bench.setting.threshold
    if law.share != 0:
        total = sp.Sum(sp.Indexed("s", notation.j), (notation.j, 1, notation.D))
        formula = law.share * total + law.offset
    else:
        formula = bench.theta
    return Claim(
        "threshold",
        f"threshold ({law.name})",
        formula,
        Regime.EXACT,
        assumed(bench.setting),
        Derivation((Step(equation(notation.theta, formula), law.reason),)),
        symbol=notation.theta,
    )


QUANTITIES: dict[str, Quantity[SynapseBench]] = {
    "threshold": Quantity(_threshold, needs_two_values),
    "bit_error": Quantity(renewed(_exact("bit_error", (0, 1))), needs_two_values),
    "bit_error:exact": Quantity(
        renewed(_exact("bit_error:exact", (0, 1))), needs_two_values, by_default=False
    ),
    "bit_error:high": Quantity(renewed(_exact("bit_error:high", (1,))), needs_two_values),
    "bit_error:low": Quantity(renewed(_exact("bit_error:low", (0,))), needs_two_values),
    "bit_error:product": Quantity(_product, needs_two_values, by_default=False),
    "bit_error:gaussian": Quantity(_gaussian, needs_two_values, by_default=False),
}
