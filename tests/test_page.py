"""The page of a rule: its JavaScript against 20-digit values, and the page in a real browser."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import mpmath
import pytest
import sympy as sp
from click.testing import CliRunner

import hebbsym as hs
from hebbsym import numeric
from hebbsym.cli import program as command_line
from hebbsym.errors import HebbsymError, InvalidValue, NotDerivable, SizeLimit, UnknownName
from hebbsym.exploration import landmarks, sliders
from hebbsym.exploration.content import PANELS, Panel, content, curve, symbols_of
from hebbsym.exploration.javascript import Program, careful, number, special_functions
from hebbsym.exploration.page import html
from hebbsym.notation import D, K, a, delta, epsilon, f, lam, z

NODE = shutil.which("node")
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)
with_node = pytest.mark.skipif(NODE is None, reason="node is not installed")
with_browser = pytest.mark.skipif(not CHROMIUM.is_file(), reason=f"{CHROMIUM} is not installed")
DIGITS = 20
SMALLEST_DOUBLE = mpmath.mpf("1e-300")
"""Below this size doubles lose their digits, and only the order of magnitude is asked for."""


def node(code: str) -> Any:
    """What a program prints, as JSON."""
    assert NODE is not None
    ran = subprocess.run([NODE, "-"], input=code, capture_output=True, text=True, timeout=60)
    assert not ran.stderr, ran.stderr
    return json.loads(ran.stdout)


def value_of(claim: hs.Claim, at: dict[sp.Symbol, sp.Rational]) -> Any:
    """A claim's value to 20 digits."""
    return numeric.value(claim, {s: v for s, v in at.items() if s != claim.unknown}, DIGITS)


def error_of(found: object, expected: Any) -> Any:
    """Relative error of a double given as text."""
    value = mpmath.mpf("nan" if found == "NaN" else str(found).replace("Infinity", "inf"))
    if expected == 0:  # what is left of 1 - erfc(u)/2 at 20 digits when it is far smaller
        return mpmath.mpf(0) if 0 <= value < 1e-20 else mpmath.inf
    if abs(expected) < SMALLEST_DOUBLE:
        return mpmath.mpf(0) if abs(value) <= SMALLEST_DOUBLE else mpmath.inf
    error = abs(value - expected) / abs(expected)
    return error if mpmath.isfinite(error) else mpmath.inf


# ---- special functions ----------------------------------------------------------------------


def _erfcinv(y: Any) -> Any:
    """By mpmath's root finder on log erfc, which knows nothing of the printed iteration."""
    if y > 1:
        return -_erfcinv(2 - y)
    guess = mpmath.sqrt(max(-mpmath.log(y), mpmath.mpf("0.01")))
    return mpmath.findroot(lambda x: mpmath.log(mpmath.erfc(x)) - mpmath.log(y), guess)


TOLERANCES = {"gamma": 1e-12, "binomial": 2e-12}
"""Where a large logarithm is raised; 1e-13 elsewhere."""
BRANCH = mpmath.mpf("-0.36787944117144233")
SPECIAL: dict[str, tuple[Callable[..., Any], Callable[[random.Random], list[float]]]] = {
    "erfc": (mpmath.erfc, lambda r: [r.choice((r.uniform(-6, 26.4), r.uniform(0.9, 1.1), r.uniform(5.9, 6.1)))]),
    "erf": (mpmath.erf, lambda r: [r.uniform(-3, 3) * 10 ** r.uniform(-8, 0)]),
    "erfinv": (mpmath.erfinv, lambda r: [r.uniform(-1, 1)]),
    "erfcinv": (_erfcinv, lambda r: [10 ** r.uniform(-250, 0.29)]),
    "lambertw": (
        lambda x, k: mpmath.lambertw(x, int(k)).real,
        lambda r: r.choice(
            (
                [10 ** r.uniform(-12, 300), 0],
                [float(BRANCH) * r.uniform(0, 1), 0],
                [float(BRANCH) * (1 - 10 ** r.uniform(-14, 0)), r.choice((0, -1))],
                [float(BRANCH) * (1 - 10 ** r.uniform(-5, -4.3)), r.choice((0, -1))],
                [-(10 ** r.uniform(-300, -0.44)), -1],
            )
        ),
    ),
    "gamma": (mpmath.gamma, lambda r: [r.choice((r.uniform(-20, 165), float(r.randint(1, 171))))]),
    "binomial": (mpmath.binomial, lambda r: sorted((r.randint(0, 1000), r.randint(0, 1000)))[::-1]),
    "powerLessOne": (lambda u, n: mpmath.expm1(n * mpmath.log1p(u)), lambda r: [-(10 ** r.uniform(-20, -0.01)), r.randint(1, 10**6)]),
}  # fmt: skip


@with_node
@pytest.mark.parametrize("name", SPECIAL)
def test_special_functions_are_right_in_the_tails_too(name: str) -> None:
    reference, draw = SPECIAL[name]
    rng = random.Random(20)
    points = [draw(rng) for _ in range(300)]
    found = node(
        f"{special_functions()}\nconst p = {json.dumps(points)};"
        f"console.log(JSON.stringify(p.map((x) => String(special.{name}(...x)))));"
    )
    with mpmath.workdps(40):
        errors = [
            error_of(text, reference(*map(mpmath.mpf, point)))
            for text, point in zip(found, points, strict=True)
        ]
    assert max(errors) < TOLERANCES.get(name, 1e-13)


@with_node
def test_a_binomial_law_sums_to_one_far_beyond_the_largest_double() -> None:
    code = (
        f"{special_functions()}\nlet sum = 0, n = 5000;"
        "for (let k = 0; k <= n; k++) sum += special.weight(n, k, 0.3, k, 0.7, n - k);"
        "console.log(JSON.stringify([sum, special.weight(5, 0, 0, 0, 1, 5), special.weight(5, 2, 0, 2, 1, 3)]));"
    )
    total, sure, never = node(code)
    assert abs(total - 1) < 1e-10
    assert (sure, never) == (1, 0)


@with_node
def test_what_has_no_value_has_none() -> None:
    asked = [
        "lambertw(-0.4)",
        "lambertw(0.1, -1)",
        "erfcinv(-1)",
        "erfinv(2)",
        "gamma(-3)",
        "countable(1, 99999, 100)",
    ]
    found = node(
        f"{special_functions()}\nconsole.log(JSON.stringify([{', '.join(f'special.{e}' for e in asked)}].map(String)));"
    )
    assert found == ["NaN"] * len(asked)


@with_node
def test_roots_are_bracketed_and_a_pole_is_none() -> None:
    searches = {
        "(k) => k * k - 50.5, 1, true, 1e6": 7,
        "(k) => 50.5 - k * k, 1, true, 1e6": 7,
        "(k) => k - 9, 1, true, 1e6": 9,
        "(x) => Math.log(x) - 2, 1, false, 1e6": mpmath.exp(2),
        "(x) => (x < 3 ? NaN : x - 1000.25), 1, false, 1e6": 1000.25,
        "(x) => 1 / (x - 3.3), 1, false, 1e6": None,
        "(k) => k - 5e5, 1, true, 1e3": None,
    }
    found = node(
        f"{special_functions()}\nconsole.log(JSON.stringify([{', '.join(f'special.root({s})' for s in searches)}]));"
    )
    for text, expected in zip(found, searches.values(), strict=True):
        if expected is None:
            assert text is None
        else:
            assert abs(text - expected) <= 1e-12 * expected


# ---- the printed functions ------------------------------------------------------------------

COEFFICIENTS = ["c_0", "c_1_post", "c_1_pre", "c_2_post", "c_2_pre", "c_2_corr"]


def point_of(symbols: tuple[sp.Symbol, ...], rng: random.Random) -> dict[sp.Symbol, sp.Rational]:
    """Random exact values where the claims are numbers."""
    drawn: dict[str, Callable[[], Fraction]] = {
        "D": lambda: Fraction(rng.randint(20, 2000)),
        "K": lambda: Fraction(rng.randint(4, 20)),
        "a": lambda: Fraction(rng.randint(-90, 90), 100),
        "f": lambda: Fraction(rng.randint(2, 98), 100),
        "delta": lambda: Fraction(rng.randint(0, 45), 100),
        "lam": lambda: Fraction(rng.randint(5, 40), 100),
        "eta": lambda: Fraction(rng.randint(5, 40), 100),  # see "What is lost" in the module
        "age": lambda: Fraction(rng.randint(0, 3)),
        "epsilon": lambda: Fraction(1, 10 ** rng.randint(1, 4)),
        "z": lambda: Fraction(rng.randint(10, 60), 10),
        "S": lambda: Fraction(rng.randint(2, 20)),
    }
    coefficient = lambda: Fraction(rng.randint(-200, 200), 100)  # noqa: E731
    values = {s: drawn.get(s.name, coefficient)() for s in symbols}
    return {s: sp.Rational(v.numerator, v.denominator) for s, v in values.items()}


THEORIES: dict[str, Callable[[], hs.Theory]] = {
    "hebb with flips": lambda: hs.derive(hs.rules["hebb"], cue=hs.Flip(delta)),
    "general, biased, zero": lambda: hs.derive(hs.ExpandedRule(2), hs.Bipolar(mean=a), cue=hs.Flip(delta)),
    "covariance, binary, bayes": lambda: hs.derive(
        hs.rules["covariance"], hs.Binary(activity=f), threshold=hs.Bayes()
    ),
    "general, gaussian": lambda: hs.derive(hs.ExpandedRule(2), hs.Gaussian()),
    "decay": lambda: hs.derive(hs.rule("decay(lam=lam)")),
    "instar, binary": lambda: hs.derive(hs.rule("instar"), hs.Binary(activity=f)),
}  # fmt: skip


def program_is_long(printed: Program) -> bool:
    """Whether reference values take seconds each."""
    return len("".join(printed.sums)) > 5000


def assert_last_load(claim: hs.Claim, at: dict[sp.Symbol, sp.Rational], text: str) -> None:
    """The criterion changes between the load that was found and the next; or nowhere."""
    excess = claim.formula.lhs - claim.formula.rhs
    loads = (2, 200) if text == "NaN" else (int(text), int(text) + 1)
    signs = [numeric.evaluate(excess, {**at, claim.unknown: k}, DIGITS) > 0 for k in loads if k > 1]
    if text == "NaN":
        assert signs[0] == signs[1], at
    else:
        assert signs in ([False, True], [True]), (at, text)


@with_node
@pytest.mark.parametrize("name", THEORIES)
def test_javascript_agrees_with_python_at_random_points(name: str) -> None:
    """Every curve of a page, at random exact points, to 1e-9; no value where Python has none."""
    theory = THEORIES[name]()
    symbols = symbols_of([theory])
    printed = Program(symbols)
    curves = content(theory, printed).curves
    rng = random.Random(5)
    points = [point_of(symbols, rng) for _ in range(2 if program_is_long(printed) else 3)]
    vectors = [[float(at[s]) for s in symbols] for at in points]
    records = [c.record(symbols) for c in curves]
    margins = ", ".join(f"[{', '.join(code for _, code in c.margins)}]" for c in curves)
    found = node(
        f"{special_functions()}\n{chr(10).join(printed.sums)}\n"
        f"const f = [{', '.join(c.code for c in curves)}], r = {json.dumps(records)}, m = [{margins}];"
        "const value = (n, v) => { if (m[n].some((margin) => margin(v) < 0)) return NaN; if (!r[n].unknown) return f[n](v);"
        "const [place, whole, most] = r[n].unknown, w = v.slice();"
        "return special.root((k) => { w[place] = k; return f[n](w); }, 1, whole, most); };"
        f"console.log(JSON.stringify(r.map((_, n) => {json.dumps(vectors)}.map((v) => String(value(n, v))))));"
    )
    compared = 0
    for one, texts in zip(curves, found, strict=True):
        for at, text in zip(points, texts, strict=True):
            if one.discrete:
                assert_last_load(one.claim, at, text)
                continue
            try:
                expected = value_of(one.claim, at)
            except InvalidValue:
                assert text in ("NaN", "Infinity", "-Infinity"), (one.claim.name, at)
                continue
            if one.claim.nothing and expected == 0:  # the page draws no value below one pattern
                assert not float(text) >= 1, (one.claim.name, at, text)
                continue
            assert error_of(text, expected) < 1e-9, (one.claim.name, at, text, expected)
            compared += 1
    assert compared >= len(points)


def test_forms_that_lose_digits_are_rewritten() -> None:
    u, n = sp.symbols("u n", positive=True)
    for lossy in (
        1 - sp.erfc(u) / 2,
        2 - 2 * (1 - u) ** (1 / n),
        1 - (1 - sp.erfc(u) / 2) ** n,
        sp.log(1 - u),
    ):
        rewritten = careful(lossy)
        assert rewritten != lossy
        assert not any(
            part.as_coeff_Add()[0] == 1 and part.is_Add for part in sp.preorder_traversal(rewritten)
        )


@with_node
def test_a_small_error_keeps_its_digits() -> None:
    """1 - erfc(-8)/2 is 6e-16 and is 0 in doubles as it stands."""
    u, n = sp.symbols("u n")
    program = Program([u, n])
    formulas = (1 - sp.erfc(u) / 2, 1 - (1 - u) ** n)
    codes = ", ".join(program.function(formula) for formula in formulas)
    first, second = node(
        f"{special_functions()}\nconst f = [{codes}];"
        "console.log(JSON.stringify([f[0]([-8, 1]), f[1]([1e-20, 3])]));"
    )
    with mpmath.workdps(30):
        assert abs(first / (mpmath.erfc(8) / 2) - 1) < 1e-12
    assert abs(second / 3e-20 - 1) < 1e-12


@with_node
def test_sums_share_what_does_not_depend_on_their_index_and_may_be_nested() -> None:
    n, m = sp.symbols("n m", integer=True)
    x = sp.Symbol("x")
    total = sp.Sum(sp.Sum(sp.exp(x) * n + m, (m, 1, n)), (n, 1, 4)) + sp.exp(x)
    program = Program([x])
    code = program.function(total)
    found = node(
        f"{special_functions()}\n{''.join(program.sums)}\nconsole.log(JSON.stringify(({code})([0.5])));"
    )
    expected = sum(float(sp.exp(0.5)) * i + j for i in range(1, 5) for j in range(1, i + 1))
    assert abs(found - expected - float(sp.exp(0.5))) < 1e-12
    (loop,) = program.sums
    assert loop.index("Math.exp") < loop.index("for (")


def test_what_has_no_counterpart_is_refused() -> None:
    x, y = sp.symbols("x y")
    with pytest.raises(NotDerivable, match="Integral in Integral"):
        Program([x]).function(sp.Integral(sp.exp(-(y**2)), (y, 0, x)))
    with pytest.raises(NotDerivable, match="y has no place"):
        Program([x]).function(x + y)
    with pytest.raises(NotDerivable, match="larger than any double"):
        number(sp.Integer(10) ** 400)
    exact_law = hs.derive(hs.rules["hebb"])["bit_error:exact"]
    with pytest.raises(NotDerivable, match="no counterpart in JavaScript"):
        curve(exact_law, Program([D, K]))


# ---- the text of the page -------------------------------------------------------------------


@pytest.fixture(scope="module")
def general() -> hs.Theory:
    return THEORIES["general, biased, zero"]()


@pytest.fixture(scope="module")
def text(general: hs.Theory) -> str:
    rows = [
        {"name": "", "c_2_corr": 1, "c_1_pre": -1, "seen": 3},
        {"name": "<b>odd</b>", "c_2_corr": 1, "c_0": Fraction(1, 3), "seen": 0.5},
    ]
    covariance = hs.derive(hs.rules["covariance"], hs.Bipolar(mean=a))
    return html([general, covariance], atlas=rows, at={a: sp.Rational(1, 5)}, title="A & <i>")


def test_the_page_refers_to_nothing_outside(text: str) -> None:
    addresses = set(re.findall(r"[a-z]+://[^\s\"'<)]+", text))
    assert addresses == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"@import|url\((?!#)|<(?:iframe|object|embed|img|base)\b", text)
    assert set(re.findall(r"<link [^>]*>", text)) == {'<link rel="icon" href="data:,">'}


def test_the_policy_allows_the_page_s_own_script_only(text: str) -> None:
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert "default-src 'none'" in policy
    assert f"script-src 'sha256-{digest}'" in policy
    assert not re.search(r"<[^>]+\son[a-z]+=", text.replace(scripts[0], ""))


def test_text_of_users_is_escaped(text: str, general: hs.Theory) -> None:
    assert "<title>A &amp; &lt;i&gt;</title>" in text
    assert "<b>odd</b>" not in text
    evil = sp.Symbol("</script><img src=x onerror=alert(1)>", real=True)
    rule = hs.ExpandedRule(2, {(1, 1): 1, (0, 1): evil})
    made = html(hs.derive(rule))
    assert "<img" not in made
    assert made.count("</script>") == 2
    assert "onerror" not in re.findall(r"<script>(.*?)</script>", made, re.DOTALL)[0]


def test_the_page_is_written_whole(tmp_path: Path) -> None:
    theory = hs.derive(hs.rules["hebb"])
    path = hs.page(theory, tmp_path / "one.html")
    assert path.read_text(encoding="utf-8") == html(theory)
    assert [p.name for p in tmp_path.iterdir()] == ["one.html"]
    with pytest.raises(hs.UnwritableOutput):
        hs.page(theory, tmp_path / "missing" / "one.html")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"at": {sp.Symbol("gain"): 1}}, UnknownName, "no slider 'gain'"),
        ({"at": {D: sp.Rational(5, 2)}}, InvalidValue, "D is a whole number"),
        ({"at": {a: 2}}, InvalidValue, "from -1 to 1"),
        ({"at": {a: 0.5}}, InvalidValue, "exact"),
        ({"atlas": [{"c_0": "one"}]}, InvalidValue, "c_0 = 'one'"),
        ({"atlas": [{"c_0": float("nan")}]}, InvalidValue, "c_0"),
        ({"atlas": [{}] * 5001}, SizeLimit, "5000"),
    ],
)
def test_bad_input_is_one_clear_line(
    general: hs.Theory, options: dict[str, Any], error: type[HebbsymError], message: str
) -> None:
    with pytest.raises(error, match=re.escape(message)) as raised:
        html(general, **options)
    assert "\n" not in str(raised.value)


def test_nothing_to_draw_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidValue, match="at least one theory"):
        html([])
    exact = Panel("Exact law", "probability", ("bit_error:exact",), (K,))
    monkeypatch.setattr("hebbsym.exploration.content.PANELS", (exact,))
    with pytest.raises(NotDerivable, match=r"nothing can be drawn for hebb .* no counterpart"):
        html(hs.derive(hs.rules["hebb"]))


def test_a_rule_without_text_has_a_page_but_no_command() -> None:
    made = html(hs.dense(hs.separations["power"](4)))
    assert '"command":""' in made
    assert "crosstalk" in made


def test_quantities_that_are_missing_are_named_with_the_reason() -> None:
    made = html(hs.derive(hs.ExpandedRule(2), hs.Gaussian()))
    assert "Not on this page" in made
    assert "two-valued patterns" in made


def test_regimes_stand_beside_every_formula(text: str, general: hs.Theory) -> None:
    for name in ("snr", "bit_error", "capacity:pattern"):
        badge = general[name].regime.value
        assert f'class="badge {badge.replace(" ", "-")}"' in text
    articles = re.findall(r'<article class="formula".*?</article>', text, re.DOTALL)
    assert articles
    assert all('class="badge ' in article for article in articles)


def test_panels_ask_for_quantities_that_some_theory_has() -> None:
    known = {name for make in THEORIES.values() for name in make().names}
    assert {name for panel in PANELS for name in panel.quantities} <= known


def test_every_slider_stands_at_an_admissible_value_and_its_steps_are_exact() -> None:
    for symbol in (D, K, a, f, delta, epsilon, z, lam, *map(sp.Symbol, COEFFICIENTS)):
        one = sliders.slider(symbol)
        assert list(one.values) == sorted(set(one.values))
        assert one.starting(one.start) == one
        assert one.domain[0] <= one.values[0] < one.values[-1] <= one.domain[1]
        assert all(value.is_Rational for value in one.values)


def test_landmarks_are_the_named_rules_at_the_patterns() -> None:
    setting = hs.derive(hs.ExpandedRule(2), hs.Binary(activity=f)).setting
    where = landmarks.coordinates(setting)
    assert where is not None
    marks = {m.name: m.coefficients for m in landmarks.named_rules(setting, where)}
    by_power = dict(zip(where.symbols, marks["covariance"], strict=True))
    assert (by_power[1, 1], by_power[1, 0], by_power[0, 1], by_power[0, 0]) == (1, -f, -f, f**2)
    shared = hs.ExpandedRule(2, {(1, 1): a, (0, 1): a})
    assert landmarks.coordinates(hs.Setting(shared)) is None


def test_the_command_writes_a_page(tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    run = CliRunner().invoke(command_line, ["page", "hebb", "--at", "D=200", "-o", str(target)])
    assert run.exit_code == 0, run.output
    assert run.output == f"{target}\n"
    assert '"start":[200,1]' in target.read_text(encoding="utf-8")


SPACE = """
name = "signs"
ensembles = ["bipolar(mean=1/5)", "bipolar(mean=2/5)"]
cues = ["flip(delta=1/20)"]
thresholds = ["optimal"]
criteria = ["snr(z=3)", "bit(epsilon=1/50)"]
sizes = [{D = 1000, K = 40}, {D = 500, K = 40}]
[coefficients]
c_1_post = [-1, "-1/5", 0]
c_2_corr = [0, 1]
"""


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a sweep, by the command."""
    folder = tmp_path_factory.mktemp("sweep")
    (folder / "space.toml").write_text(SPACE, encoding="utf-8")
    run = CliRunner().invoke(
        command_line, ["explore", str(folder / "space.toml"), "-o", str(folder / "made"), "--page"]
    )
    assert run.exit_code == 0, run.output
    assert run.output.endswith(f"page: {folder / 'made' / 'page.html'}\n")
    return folder / "made" / "page.html"


def test_a_sweep_has_a_page_that_stands_at_its_best_rule(swept: Path) -> None:
    """The best of these rules on these patterns is x_i x_j - a x_i; conditions are one choice."""
    data = json.loads(re.findall(r'id="data">(.*?)</script>', swept.read_text("utf-8"))[0])
    start = {one["name"]: one["start"] for one in data["sliders"]}
    assert start["c_1_post"] == [-1, 5]
    assert start["c_2_corr"] == [1, 1]
    assert (start["a"], start["delta"]) == ([1, 5], [1, 20])
    assert (start["D"], start["K"]) == ([1000, 1], [40, 1])
    assert (start["z"], start["epsilon"]) == ([3, 1], [1, 50])
    assert len(data["settings"]) == 1
    classes = data["settings"][0]["place"]["classes"]
    assert "sweep snr" in classes["columns"]
    coefficients = [row[1] for row in classes["rows"]]
    assert [[-1, 5], [1, 1]] in coefficients
    assert len({json.dumps(c) for c in coefficients}) == len(coefficients)


@with_browser
def test_the_page_of_a_sweep_shows_what_the_sweep_computed(swept: Path, browser: Any) -> None:
    one = Visit(browser, swept.as_uri())
    page = one.page
    rho = read(page.locator(".panel:visible .value").first.inner_text())
    rows = json.loads(re.findall(r'id="data">(.*?)</script>', swept.read_text("utf-8"))[0])
    table = rows["settings"][0]["place"]["classes"]
    place = table["columns"].index("sweep snr")
    computed = max(row[2][place] for row in table["rows"])
    assert rho == pytest.approx(computed, rel=1e-3)
    assert page.inner_text("#nearest") == "This is the rule pre-centred up to scale."
    one.act(lambda: page.select_option("#place-y", label="sweep snr"))
    assert page.locator("#place-chart circle.ring").count() == 1
    one.close()


# ---- in a browser ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def address(text: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(text, encoding="utf-8")
    return path.as_uri()


def read(text: str) -> float:
    """A number as the page writes it."""
    mantissa, _, power = text.replace("−", "-").partition(" × 10")
    return float(mantissa) * 10.0 ** int(
        power.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")) or 0
    )


class Visit:
    """A page that is open, with what it asked for and what it complained about."""

    def __init__(self, browser: Any, address: str, **options: Any) -> None:
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.address = address
        self.page.goto(address)
        self.page.wait_for_selector("html[data-drawn]")

    def act(self, action: Callable[[], Any]) -> None:
        """Do something that changes the point, and wait until everything is drawn again."""
        self.page.evaluate("document.documentElement.removeAttribute('data-drawn')")
        action()
        self.page.wait_for_selector("html[data-drawn]")

    def set(self, name: str, value: str) -> None:
        """Type a value."""
        field = self.page.get_by_label(f"{name}, exact value", exact=True)
        self.act(lambda: (field.fill(value), field.press("Enter")))

    def close(self) -> None:
        """Every visit ends with this: nothing was asked for outside, nothing went wrong."""
        assert {url.partition("#")[0] for url in self.requests} == {self.address.partition("#")[0]}
        assert self.complaints == []
        self.context.close()


@pytest.fixture
def visit(browser: Any, address: str) -> Iterator[Callable[..., Visit]]:
    opened: list[Visit] = []

    def visited(fragment: str = "", **options: Any) -> Visit:
        opened.append(Visit(browser, address + fragment, **options))
        return opened[-1]

    yield visited
    for one in opened:
        one.close()


@with_browser
def test_values_in_the_browser_agree_with_python(
    visit: Callable[..., Visit], general: hs.Theory
) -> None:
    page = visit().page
    names = page.evaluate("point.names")
    quantities = page.evaluate("point.quantities")[0]
    rng = random.Random(8)
    by_name = {s.name: s for s in symbols_of([general])}
    for _ in range(2):
        at = point_of(tuple(by_name[n] for n in names), rng)
        vector = [float(at[by_name[n]]) for n in names]
        for n, name in enumerate(quantities):
            claim = general[name]
            if claim.unknown is not None:
                continue  # searched for in the test of the printed functions
            found = page.evaluate("([n, v]) => String(point.value(n, v))", [n, vector])
            try:
                expected = value_of(claim, at)
            except InvalidValue:
                assert found == "NaN"
                continue
            assert error_of(found, expected) < 1e-9, (name, at)


@with_browser
def test_the_shown_command_gives_the_shown_values(
    visit: Callable[..., Visit], general: hs.Theory
) -> None:
    one = visit()
    for name, value in (("D", "300"), ("K", "12"), ("c_1_pre", "-1/3"), ("delta", "0.05")):
        one.set(name, value)
    words = shlex.split(one.page.inner_text("#command"))
    assert words[:2] == ["hebbsym", "derive"]
    assert "c_1_pre=-1/3" in words[words.index("--at") + 1]
    quantity = ["--quantity", "snr", "--quantity", "capacity:snr", "--quantity", "bit_error"]
    kept = [w for n, w in enumerate(words[1:]) if w != "--quantity" and words[n] != "--quantity"]
    run = CliRunner().invoke(command_line, [kept[0], "--format", "json", *quantity, *kept[1:]])
    assert run.exit_code == 0, run.output
    values = {claim["name"]: claim["value"] for claim in json.loads(run.output)["claims"]}
    shown = dict(
        zip(
            one.page.evaluate("point.quantities")[0],
            one.page.locator(".panel:visible .value").all_inner_texts(),
            strict=True,
        )
    )
    assert values
    for name, value in values.items():
        assert abs(read(shown[name]) / value - 1) < 1e-3, name


@with_browser
def test_the_address_restores_the_sliders(visit: Callable[..., Visit]) -> None:
    one = visit()
    one.set("K", "77")
    one.set("c_1_post", "2/7")
    one.page.wait_for_timeout(600)
    fragment = one.page.evaluate("location.hash")
    assert one.page.get_attribute("#link", "href") == fragment
    again = visit(fragment)
    shown = [
        again.page.get_by_label(f"{n}, exact value", exact=True).input_value()
        for n in ("K", "c_1_post", "a")
    ]
    assert shown == ["77", "2/7", "0.2"]
    odd = visit("#K=0&D=<img>&c_0=1e99&a=7&nothing&setting=9&%zz=1")
    shown = [
        odd.page.get_by_label(f"{n}, exact value", exact=True).input_value()
        for n in ("K", "D", "c_0", "a")
    ]
    assert shown == ["50", "1000", "0", "0.2"]


@with_browser
def test_a_wrong_number_is_refused_with_words(visit: Callable[..., Visit]) -> None:
    one = visit()
    field = one.page.get_by_label("K, exact value", exact=True)
    for typed, message in (
        ("2.5", "K is a whole number"),
        ("0", "K is at least 2"),
        ("many", "K is a number such as"),
    ):
        field.fill(typed)
        field.press("Enter")
        note = one.page.locator(f"#{field.get_attribute('aria-describedby')}")
        assert message in note.inner_text()
        assert field.get_attribute("aria-invalid") == "true"
    one.set("K", "60")
    assert field.get_attribute("aria-invalid") == "false"
    assert not note.is_visible()


@with_browser
def test_sliders_and_everything_else_are_reached_by_keyboard(visit: Callable[..., Visit]) -> None:
    """Tab goes through the page in reading order; arrows move sliders; focus can be seen."""
    one = visit()
    page = one.page
    order = []
    for _ in range(80):
        page.keyboard.press("Tab")
        found = page.evaluate(
            "() => { const e = document.activeElement, s = getComputedStyle(e);"
            "return [e.id || e.textContent, s.outlineStyle, parseFloat(s.outlineWidth)]; }"
        )
        order.append(found[0])
        assert found[1] != "none", found
        assert found[2] >= 2, found
        if found[0] == "link":
            break
    places = [n for n, name in enumerate(order) if name.startswith("range-")]
    visible = page.locator("input[type=range]:visible").count()
    assert len(places) == visible > 5
    assert (
        order.index("reset")
        < order.index("along-0-0")
        < order.index("place-x")
        < order.index("copy")
        < order.index("link")
    )
    before = page.input_value("#field-3")
    page.focus("#range-3")
    one.act(lambda: page.keyboard.press("ArrowRight"))
    assert float(page.input_value("#field-3")) == pytest.approx(float(before) + 0.01)
    unnamed = page.evaluate(
        "() => [...document.querySelectorAll('input, select, button, a, [role=img]')].filter((e) => e.checkVisibility()"
        " && !(e.labels?.length || e.getAttribute('aria-label') || e.textContent.trim())).map((e) => e.outerHTML)"
    )
    assert unnamed == []


@with_browser
def test_a_phone_needs_no_sideways_scrolling(visit: Callable[..., Visit]) -> None:
    one = visit(viewport={"width": 375, "height": 700})
    page = one.page
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1] == 375
    small = page.evaluate(
        "() => [...document.querySelectorAll('.chart text')].filter((t) => t.checkVisibility() && t.getBoundingClientRect().height < 9).length"
    )
    assert small == 0


def _luminance(colour: str) -> float:
    parts = [int(n) / 255 for n in re.findall(r"\d+", colour)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Of two colours, by the rule of WCAG 2."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@with_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_schemes_have_contrast(visit: Callable[..., Visit], scheme: str) -> None:
    page = visit(color_scheme=scheme).page
    colour = "([selector, what]) => getComputedStyle(document.querySelector(selector))[what]"
    paper = page.evaluate(colour, [".panel", "backgroundColor"])
    assert (_luminance(paper) < 0.05) == (scheme == "dark")
    for selector, what in (
        (".panel h2", "color"),
        (".axes", "color"),
        (".badge.exact", "color"),
        (".badge.leading-order", "color"),
        (".badge.heuristic", "color"),
        (".chart .ticks text", "fill"),
        (".chart .axis", "fill"),
        (".meaning", "color"),
    ):
        assert contrast(page.evaluate(colour, [selector, what]), paper) >= 4.5, selector
    for place in range(4):
        assert contrast(page.evaluate(colour, [f".drawn.curve-{place}", "stroke"]), paper) >= 3.0, (
            place
        )


@with_browser
def test_curves_pass_through_the_marks_and_axes_can_be_chosen(visit: Callable[..., Visit]) -> None:
    one = visit()
    page = one.page
    marks = page.locator("#chart-0-0 .mark")
    assert marks.count() == 2
    off = page.evaluate(
        "() => [...document.querySelectorAll('#chart-0-0 .mark')].map((mark, n) => {"
        "const points = document.querySelector(`#chart-0-0 .drawn.curve-${n}`).getAttribute('d').match(/[\\d.]+ [\\d.]+/g).map((p) => p.split(' ').map(Number));"
        "return Math.min(...points.map(([x, y]) => Math.hypot(x - mark.getAttribute('cx'), y - mark.getAttribute('cy')))); })"
    )
    assert max(off) < 0.2
    one.act(lambda: page.select_option("#along-0-0", label="delta"))
    assert "errors in the cue" in page.text_content("#chart-0-0 .axis >> nth=0")
    assert page.get_attribute("#chart-0-0", "aria-label").startswith(
        "Signal-to-noise ratio along delta."
    )
    one.act(lambda: page.uncheck("#log-0-0"))
    ticks = page.locator("#chart-0-0 .ticks text").all_text_contents()
    assert "0" in ticks


@with_browser
def test_the_place_among_rules_names_the_nearest_and_sets_the_sliders(
    visit: Callable[..., Visit],
) -> None:
    one = visit()
    page = one.page
    assert page.inner_text("#nearest") == "This is the rule hebb up to scale."
    one.act(lambda: page.select_option("#start", label="covariance"))
    shown = {
        n: page.get_by_label(f"{n}, exact value", exact=True).input_value() for n in COEFFICIENTS
    }
    assert shown == {
        "c_0": "0.04",
        "c_1_post": "−0.2",
        "c_1_pre": "−0.2",
        "c_2_corr": "1",
        "c_2_post": "0",
        "c_2_pre": "0",
    }
    assert page.inner_text("#nearest") == "This is the rule covariance up to scale."
    assert "xᵢ xⱼ − 0.2 xᵢ − 0.2 xⱼ + 0.04" in page.inner_text("#rule").replace("\u00a0", " ")
    one.set("c_2_post", "0.04")
    one.set("c_0", "0")  # x_i^2 = 1 on this alphabet: the same rule
    assert page.inner_text("#nearest") == "This is the rule covariance up to scale."
    odd = page.get_by_label("Set the sliders to <b>odd</b>")
    one.act(odd.click)
    assert page.get_by_label("c_0, exact value", exact=True).input_value() == "1/3"
    assert page.locator("#place-chart circle.ring").count() == 1
    assert "seen" in page.inner_text("#place-x")


@with_browser
def test_several_settings_are_a_choice(visit: Callable[..., Visit]) -> None:
    one = visit()
    page = one.page
    one.act(lambda: page.select_option("#setting", index=1))
    assert not page.is_visible("#place")
    assert not page.get_by_label("c_0, exact value", exact=True).is_visible()
    rho = float(page.locator(".panel:visible .value").first.inner_text())
    exact = numeric.value(
        hs.derive(hs.rules["covariance"], hs.Bipolar(mean=a))["snr"],
        {D: 1000, K: 50, a: sp.Rational(1, 5)},
    )
    assert rho == pytest.approx(float(exact), rel=1e-3)
    assert visit("#setting=2&K=9").page.input_value("#setting") == "1"
