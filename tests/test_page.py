"""The page of a rule: its text, and the page in a real browser."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import random
import re
import shlex
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import sympy as sp
from click.testing import CliRunner

import hebbsym as hs
from hebbsym import numeric
from hebbsym.cli import program as command_line
from hebbsym.errors import HebbsymError, InvalidValue, NotDerivable, SizeLimit, UnknownName
from hebbsym.exploration import landmarks, sliders
from hebbsym.exploration.content import PANELS, Panel, symbols_of
from hebbsym.exploration.page import html
from hebbsym.notation import D, K, a, age, coefficient, delta, epsilon, f, lam, slope, w, z
from tests.test_javascript import COEFFICIENTS, THEORIES, derived, error_of, point_of, value_of

c_2_corr, d_0, d_1_post, d_2_post = coefficient(1, 1), slope(0, 0), slope(1, 0), slope(2, 0)
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)
with_browser = pytest.mark.skipif(not CHROMIUM.is_file(), reason=f"{CHROMIUM} is not installed")

# ---- the text of the page -------------------------------------------------------------------


@pytest.fixture(scope="module")
def general() -> hs.Theory:
    return derived("general, biased, zero")


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
    made = html(hs.derive(rule, hs.Gaussian()))
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
    assert '"commands":[]' in made
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
    known = {name for one in THEORIES for name in derived(one).names}
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
    marks = {mark.name: mark for mark in landmarks.named_rules(setting)}
    covariance = {(0, 1, 1): 1, (0, 1, 0): -f, (0, 0, 1): -f, (0, 0, 0): f**2}
    assert marks["covariance"].coefficients == covariance
    assert where.reached(marks["covariance"])
    shared = landmarks.coordinates(hs.Setting(hs.ExpandedRule(2, {(1, 1): a, (0, 1): a})))
    assert shared is not None
    assert not shared.symbols


def test_named_rules_of_decay_are_families_of_one_rate() -> None:
    setting = hs.derive(hs.rules["affine"]).setting
    marks = {mark.name: mark for mark in landmarks.named_rules(setting)}
    where = landmarks.coordinates(setting, list(marks.values()))
    assert where is not None
    rate = landmarks.RATE
    assert marks["oja"].coefficients == {(0, 1, 1): rate, (1, 2, 0): -rate}
    assert marks["decay"].coefficients == {(0, 1, 1): 1, (1, 0, 0): -rate}
    soft = marks["soft-bounds"]
    assert soft.fixed == "lam=1/10"
    assert soft.coefficients[1, 1, 1] == -rate * sp.Rational(9, 10)
    assert all(where.reached(mark) for mark in marks.values())
    one = landmarks.coordinates(hs.derive(hs.rules["decay"]).setting, list(marks.values()))
    assert one is not None
    assert not any(one.reached(mark) for mark in marks.values())


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
criteria = ["snr(z=3)", "bit(epsilon=1/50)", "pattern(epsilon=1/1000)"]
sizes = [{D = 1000, K = 40}]
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
    assert (start["z"], start["epsilon_bit"], start["epsilon_pattern"]) == (
        [3, 1],
        [1, 50],
        [1, 1000],
    )
    meanings = {one["name"]: one["meaning"] for one in data["sliders"]}
    assert meanings["epsilon"] == "admissible probability of failure: all"
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
    best = next(row for row in table["rows"] if row[2][place] == computed)
    shown = one.values()
    for name in ("capacity:snr", "capacity:bit", "capacity:pattern"):
        column = best[2][table["columns"].index(f"sweep {name}")]
        # the page counts whole patterns where the error is a sum over them
        assert shown[name] in (pytest.approx(column, rel=1e-3), int(column)), name
    levels = {"capacity:bit": "1/50", "capacity:pattern": "1/1000", "capacity:all": "1/100"}
    for (
        words
    ) in one.commands():  # of one level each; that commands run is tested where that is quick
        asked = {w for before, w in itertools.pairwise(words) if before == "--quantity"}
        (level,) = re.findall(r"epsilon=([\d/]+)", words[words.index("--at") + 1])
        assert {levels.pop(name) for name in asked & set(levels)} == {level}
    assert not levels
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


def answer(words: list[str]) -> dict[str, float]:
    """What a printed command gives, by quantity: it is run as it stands, but for the format."""
    assert words[:2] == ["hebbsym", "derive"]
    run = CliRunner().invoke(command_line, ["derive", "--format", "json", *words[2:]])
    assert run.exit_code == 0, run.output
    return {claim["name"]: claim["value"] for claim in json.loads(run.output)["claims"]}


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

    def values(self) -> dict[str, float]:
        """The numbers beside the curves, by quantity; what has none is left out."""
        names = self.page.evaluate("point.quantities")[0]
        cells = self.page.locator(".panel:visible .value")
        shown = zip(names, cells.all_inner_texts(), strict=True)
        return {name: read(text) for name, text in shown if re.match(r"[−\d.]+($| ×)", text)}

    def commands(self) -> list[list[str]]:
        """The words of each printed command."""
        return [shlex.split(line) for line in self.page.inner_text("#command").splitlines()]

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
    for name, value in (("D", "60"), ("K", "6"), ("c_1_pre", "-1/3"), ("delta", "0.05")):
        one.set(name, value)
    (words,) = one.commands()
    assert "c_1_pre=-1/3" in words[words.index("--at") + 1]
    values, shown = answer(words), one.values()
    assert {"snr", "bit_error", "capacity:snr", "capacity:all"} <= set(values) == set(shown)
    for name, value in values.items():
        assert shown[name] == pytest.approx(value, rel=1e-3), name


# ---- rules affine in the weight -------------------------------------------------------------

DECAYS = hs.ExpandedRule(
    2, {(1, 1): c_2_corr, (0, 0): d_0 * w, (1, 0): d_1_post * w, (2, 0): d_2_post * w}
)


@pytest.fixture(scope="module")
def decays(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    """The page of a rule that is affine in the weight, open at its start."""
    path = tmp_path_factory.mktemp("decays") / "page.html"
    one = Visit(browser, hs.page(hs.derive(DECAYS), path).as_uri())
    yield one
    one.close()


@pytest.fixture
def forgetting(decays: Visit) -> Visit:
    decays.act(lambda: decays.page.click("#reset"))
    return decays


@with_browser
def test_an_affine_rule_shows_its_increment_and_its_place(forgetting: Visit) -> None:
    """It starts where it forgets; named rules stand at the nearest rate, with their own values."""
    page = forgetting.page
    plain = lambda: page.inner_text("#rule").replace("\u00a0", " ")  # noqa: E731
    assert plain() == "Δwᵢⱼ = xᵢ xⱼ − 0.1 w"
    same = "This is the rule decay(lam=0.1) up to scale, on these patterns the same as oja(eta=0.1) and presynaptic-decay(lam=0.1)."
    assert page.inner_text("#nearest") == same
    forgetting.set("d_0", "-1/4")
    assert plain() == "Δwᵢⱼ = xᵢ xⱼ − 0.25 w"
    assert "decay(lam=0.25)" in page.inner_text("#nearest")
    rows = page.locator("#place-rows tr").all_inner_texts()
    rho = value_of(hs.derive(hs.rule("instar(eta=1/10)"))["snr"], {D: 1000, K: 50, age: 0})
    (instar,) = (row.split("\t") for row in rows if row.startswith("instar"))
    assert read(instar[2]) == pytest.approx(float(rho), rel=1e-3)
    assert page.get_by_label("Set the sliders to presynaptic-decay(lam=0.25)").count() == 0
    forgetting.act(page.get_by_label("Set the sliders to oja(eta=0.25)").click)
    assert plain() == "Δwᵢⱼ = 0.25 xᵢ xⱼ − 0.25 w xᵢ²"
    assert page.input_value("#field-1") == "0"


@with_browser
def test_the_command_of_an_affine_rule_runs_as_it_is_printed(forgetting: Visit) -> None:
    """Also where rates coincide, and the page has no value, and where weights do not settle."""
    (words,) = forgetting.commands()
    values, shown = answer(words), forgetting.values()
    assert {"snr", "span", "span:bit", "span:pattern"} <= set(values) == set(shown)
    for name, value in values.items():
        assert shown[name] == pytest.approx(value, rel=1e-3), name
    forgetting.set("d_0", "0")
    assert forgetting.values() == {}
    texts = forgetting.page.locator(".panel:visible .value").all_inner_texts()
    assert texts[0] == "0/0 as rates coincide: the command derives it anew"
    assert "needs E[(1 + A)²] < 1" in texts
    (words,) = forgetting.commands()
    assert answer(words)["snr"] == pytest.approx(999 / 49, rel=1e-12)


@with_browser
def test_a_span_of_none_is_told_with_its_reason(forgetting: Visit) -> None:
    page = forgetting.page
    forgetting.set("D", "12")
    cells = dict(zip(page.evaluate("point.quantities")[0], page.locator(".panel:visible .value").all_inner_texts(), strict=True))  # fmt: skip
    assert cells["span"] == "0: no pattern is recalled at this criterion, not even the last one"
    (words,) = forgetting.commands()
    assert answer(words)["span"] == 0


@with_browser
def test_the_page_has_no_holes_and_its_controls_are_in_sight(
    forgetting: Visit, visit: Callable[..., Visit]
) -> None:
    """Panels of a row are equally high and fill it; Reset and every slider of the general rule fit the window."""
    for one in (forgetting, visit(viewport={"width": 1280, "height": 900})):
        one.page.set_viewport_size({"width": 1280, "height": 900})
        boxes = [panel.bounding_box() for panel in one.page.locator(".panel:visible").all()]
        rows: dict[int, list[Any]] = {}
        for box in boxes:
            rows.setdefault(round(box["y"]), []).append(box)
        left, right = boxes[-1]["x"], boxes[-1]["x"] + boxes[-1]["width"]
        assert len(rows) < len(boxes)
        for row in rows.values():
            assert min(box["x"] for box in row) == pytest.approx(left, abs=1)
            assert max(box["x"] + box["width"] for box in row) == pytest.approx(right, abs=1)
            assert len({round(box["height"]) for box in row}) == 1
    inside = one.page.evaluate(
        "() => { const end = document.querySelector('.fields').getBoundingClientRect().bottom;"
        "return [...document.querySelectorAll('#reset, input[type=range]')].filter((e) => e.checkVisibility())"
        ".map((e) => e.getBoundingClientRect().bottom - (e.id === 'reset' ? innerHeight : end)); }"
    )
    assert max(inside) <= 0
    one.page.set_viewport_size(
        {"width": 1280, "height": 480}
    )  # the sliders scroll, the button does not
    box = one.page.locator("#reset").bounding_box()
    assert box["y"] + box["height"] <= 480


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
    one.act(lambda: page.select_option("#along-0-0", label="δ"))
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
