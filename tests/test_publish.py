"""Reports: formulas broken without changing them, LaTeX that compiles cleanly, pages without scripts."""

from __future__ import annotations

import html.parser
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import sympy as sp

from hebbsym.claim import Claim, Derivation, Evidence, Method, Regime, Step
from hebbsym.errors import InvalidValue, UnknownName, UnwritableOutput
from hebbsym.families.cues import Exact, Flip
from hebbsym.families.ensembles import Binary, Bipolar, Pair
from hebbsym.families.rules import ExpandedRule
from hebbsym.families.thresholds import Optimal, Zero
from hebbsym.notation import D, K, a, coefficient, delta, epsilon, latex, rho, x
from hebbsym.publish import Sweep, claim_latex, hero, report, summary, sweep
from hebbsym.publish import document as doc
from hebbsym.publish.compilation import compiled
from hebbsym.publish.compose import Chapter, compose
from hebbsym.publish.glyphs import drawing
from hebbsym.publish.layout import Layout
from hebbsym.publish.measure import width
from hebbsym.publish.page import render as render_page
from hebbsym.publish.prose import sentence
from hebbsym.publish.references import bibliography, keys_in, parse
from hebbsym.publish.tex import escape
from hebbsym.publish.tex import render as render_tex
from hebbsym.theory.setting import Setting
from hebbsym.verdicts import Outcome, Verdict, Verdicts

NO_TEX = pytest.mark.skipif(shutil.which("latexmk") is None, reason="latexmk is not installed")
SIX = [coefficient(p, q) for p, q in ((0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (0, 2))]
k = sp.Symbol("k", integer=True)


def polynomial(terms: int) -> sp.Expr:
    """A sum of that many different terms in the coefficients and sizes."""
    makers = (
        (-1) ** n * (n + 1) * u * v * D**p * a ** (n % 4) * delta ** (n % 3)
        for p in range(12)
        for n, (u, v) in enumerate((u, v) for m, u in enumerate(SIX) for v in SIX[m:])
    )
    return sp.Add(*(next(makers) for _ in range(terms)))


LONG = polynomial(200)
SHORT = polynomial(21)
UGLY: dict[str, sp.Basic] = {
    "three hundred terms": polynomial(252) + sum(a**n * K for n in range(1, 50)),
    "quotient": LONG / SHORT,
    "nested radicals": sp.sqrt(SHORT + sp.sqrt(LONG + sp.sqrt(SHORT + 1))),
    "error function": sp.erfc(sp.sqrt(LONG / SHORT) / sp.sqrt(2)) / 2,
    "sum": sp.Sum(
        sp.binomial(K - 1, k) * a**k * sp.erfc((SHORT * k + D) / sp.sqrt(LONG + k)), (k, 0, K - 1)
    ),
    "lambert": -LONG / (2 * sp.LambertW(-sp.pi * SHORT * epsilon**2 / D, -1)),
    "piecewise": sp.Piecewise((LONG / (1 + SHORT), sp.And(a > 0, D > 2)), (sp.sqrt(SHORT), True)),
    "matrix": sp.ImmutableMatrix(6, 6, lambda m, n: SIX[m] * SIX[n] * D + (SIX[m] + a * K) ** 2),
    "product": sp.Mul(*[(c + n * a * D) ** (n + 2) for n, c in enumerate(SIX)]) * sp.exp(-D * a),
    "integral": sp.Integral(sp.exp(-(x**2)) * sp.erfc(x * SHORT / sp.sqrt(LONG)) ** D, (x, 0, 1)),
    "equation": sp.Eq(SHORT, polynomial(30), evaluate=False),
    "atoms": sp.Mul(*(sp.Symbol(f"b_{n}") for n in range(60))),
}


class Sample(Mapping[str, Claim]):
    """Claims with a setting: what a report takes for a theory."""

    def __init__(self, setting: Setting, *claims: Claim) -> None:
        self.setting = setting
        self.absent = {"capacity:all": "the reason why not"}
        self.claims = {claim.name: claim for claim in claims}

    def __getitem__(self, name: str) -> Claim:
        return self.claims[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.claims)

    def __len__(self) -> int:
        return len(self.claims)


def holding(statement: str, truth: bool = True) -> Evidence:
    return Evidence(Method.SUBSTITUTION, statement, lambda: truth)


def plain_hebb() -> Sample:
    """The activity product rule on unbiased patterns, whose formulas are known."""
    ratio = (D - 1) / (K - 1)
    steps = (
        Step(sp.Eq(sp.Symbol("h_i"), x * (D - 1)), "definition, with w_ii = 0"),
        Step(sp.Eq(rho, ratio), "patterns are independent", holding("rho = 4 at D = 13, K = 4")),
    )
    return Sample(
        Setting(ExpandedRule(2, {(1, 1): 1}, "hebb"), Bipolar(), Exact(), Zero()),
        Claim("snr", "signal-to-noise ratio", ratio, Regime.EXACT, ("patterns are independent",),
              Derivation(steps), "hopfield1982, eq. 7", rho, observable="snr"),
        Claim("bit_error", "probability of a wrong bit", sp.erfc(sp.sqrt(ratio / 2)) / 2,
              Regime.LEADING_ORDER, ("patterns are independent",), symbol=sp.Symbol("p"),
              dropped="the skewness, of order 1/sqrt(D)", observable="bit_error"),
    )  # fmt: skip


def ugly() -> Sample:
    """Claims with formulas that fit on no line."""
    setting = Setting(ExpandedRule(2), Bipolar(a), Flip(delta), Optimal())
    claims = [
        Claim(name.replace(" ", "_"), name, formula, Regime.EXACT, ("50 % of a_b & c",),
              Derivation((Step(formula, "x_i -> oo, for D >= 2 & 100 %", holding("x_i != 0")),)),
              symbol=None if isinstance(formula, sp.Eq) else sp.Symbol("y"))
        for name, formula in UGLY.items()
    ]  # fmt: skip
    return Sample(setting, *claims)


def hebb_verdicts() -> Verdicts:
    at = {"D": "60", "K": "12"}
    return Verdicts(
        (
            Verdict("snr", at, 59 / 11, 5.31, 0.05, -1.1, Outcome.AGREES, 0.03, 128),
            Verdict(
                "bit_error", at, 0.0103, 0.0121, 0.0004, 4.5, Outcome.DISAGREES, 0.1, 128, "no"
            ),
        ),
        at=at,
        seed=3,
        unchecked={"energy": "no observable", "capacity:bit": "no observable"},
    )


# ---- lines ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", UGLY)
def test_names_put_back_give_the_formula(name: str) -> None:
    """What is printed, with the definitions put back, is the formula that was asked for."""
    formula = UGLY[name]
    layout = Layout()
    rows = layout.rows(formula, None if isinstance(formula, sp.Eq) else sp.Symbol("y"))
    names = layout.definitions
    sides = layout.printed[: len(layout.printed) - len(names)]
    said = dict(zip(names, layout.printed[len(sides) :], strict=True))
    for _ in names:
        sides = [side.xreplace(said) for side in sides]
    assert sides == ([formula.lhs, formula.rhs] if isinstance(formula, sp.Eq) else [formula])
    assert len(rows) == 1 + len(names)
    assert bool(names) == (name not in {"three hundred terms", "equation", "atoms"})


@pytest.mark.parametrize("name", [n for n in UGLY if n != "atoms"])
def test_no_line_is_wider_than_the_page(name: str) -> None:
    for row in Layout().rows(UGLY[name], sp.Symbol("y")):
        widest = max(width(line) for line in row.lines)
        assert width(row.left) + widest <= 36.5, row


def test_a_sum_loses_no_term() -> None:
    """The lines of a broken sum, read again as one sum, print as the sum itself."""
    total = polynomial(252)
    (row,) = Layout().rows(total, sp.Symbol("y"))
    assert len(row.lines) > 20
    assert " ".join(row.lines).replace("{} ", "") == "= " + latex(total)


def test_names_inside_a_sum_depend_on_its_variable() -> None:
    layout = Layout()
    layout.rows(UGLY["sum"])
    inside = [n for n, meaning in layout.definitions.items() if k in meaning.free_symbols]
    assert inside
    assert all(n.args == (k,) for n in inside)


def test_names_avoid_the_symbols_of_the_document() -> None:
    for taken, name in ((["B"], "A_1"), (["A"], "T_1"), ([sp.Symbol("A_1"), "T_err"], "S_1")):
        layout = Layout(taken=taken)
        layout.rows(sp.sqrt(LONG))
        assert [str(n) for n in layout.definitions] == [name]


def test_a_known_formula_is_called_by_its_symbol() -> None:
    layout = Layout()
    layout.remember(LONG, rho)
    assert layout.rows(sp.sqrt(LONG), sp.Symbol("y"))[0].lines == (r"{} = \sqrt{\rho}",)
    assert layout.used == [rho]


@NO_TEX
def test_widths_are_those_of_tex(tmp_path: Path) -> None:
    """Estimates are never more than 6 per cent below TeX's own widths, nor far above."""
    formulas = [latex(f) for f in (SHORT, *SHORT.args, (D - 1) / (K - 1), sp.sqrt(a + sp.sqrt(x)),
                sp.Sum(sp.binomial(K - 1, k) * a**k, (k, 0, K - 1)), sp.LambertW(1 / epsilon**2),
                sp.erfc(sp.sqrt(D / K)), sp.Integral(sp.exp(-(x**2)), (x, 0, 1)))]  # fmt: skip
    boxes = "".join(
        rf"\setbox0\hbox{{$\displaystyle {f}$}}\typeout{{WIDTH \the\wd0}}" + "\n" for f in formulas
    )
    source = (
        r"\documentclass[11pt]{article}\usepackage[T1]{fontenc}\usepackage{lmodern,amsmath}"
        rf"\begin{{document}}{boxes}x\end{{document}}"
    )
    (tmp_path / "w.tex").write_text(source)
    run = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "w.tex"],
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    found = [float(w) / 10.95 for w in re.findall(r"WIDTH ([\d.]+)pt", run.stdout.decode())]
    assert len(found) == len(formulas)
    ratios = [f / width(one) for f, one in zip(found, formulas, strict=True)]
    assert max(ratios) < 1.06
    assert min(ratios) > 0.75


# ---- words ------------------------------------------------------------------------------------


def test_symbols_are_told_from_words() -> None:
    assert sentence("a sum over k") == ("a sum over ", doc.Math("k"))
    assert sentence("c_1_post + a*c_2_corr = 0")[:3] == (
        doc.Math(r"c_{1}^{\mathrm{post}}"), " + ", doc.Math("a"),
    )  # fmt: skip
    assert sentence("I think A is it, i.i.d.") == ("I think A is it, i.i.d.",)
    assert sentence("2**6 <= D**2") == (doc.Math("2^{6}"), " ≤ ", doc.Math("D^{2}"))


def test_every_character_can_be_set() -> None:
    printed = escape("".join(map(chr, range(32, 0x2300))))
    assert not re.search(r"(?<!\\)[#%&_]", printed)
    assert "[U+2200]" in printed


def test_the_bibliography_is_read_strictly() -> None:
    entries = bibliography()
    assert len(entries) > 10
    assert all({"title", "year"} <= set(e.fields) for e in entries.values())
    assert all(not re.search(r"[{}\\]", doc.plain(e.text)) for e in entries.values())
    for broken in ("@article{a, title = {x", "text", "@article{a, title}", '@book{a,year="1}'):
        with pytest.raises(InvalidValue):
            parse(broken)
    with pytest.raises(InvalidValue, match="two entries"):
        parse("@book{a1, year=1}@book{a1, year=1}")
    with pytest.raises(UnknownName, match="did you mean 'hopfield1982'"):
        keys_in("hopfeld1982, eq. 3", entries)


# ---- documents --------------------------------------------------------------------------------


def document(*theories: Sample, verdicts: Verdicts | None = None) -> doc.Document:
    chapters = [
        Chapter(t, verdicts or Verdicts(()), {n: c.derivation.verify() for n, c in t.items()})  # type: ignore[arg-type]
        for t in theories
    ]
    return compose(chapters, "A test", "")


@NO_TEX
def test_latex_compiles_without_complaint() -> None:
    """No error, no undefined reference, no box that is too full, with the worst formulas."""
    made = compiled(render_tex(document(plain_hebb(), ugly(), verdicts=hebb_verdicts())), {})
    assert made.pdf is not None, made.reason
    complaints = re.findall(r"^.*(?:Overfull|undefined|multiply|LaTeX Warning).*$", made.log, re.M)
    assert complaints == []
    assert "Output written" in made.log


@NO_TEX
def test_a_broken_source_gives_the_reason() -> None:
    made = compiled(r"\documentclass{article}\begin{document}\nonsense\end{document}", {})
    assert made.pdf is None
    assert "Undefined control sequence" in made.reason


class Reader(html.parser.HTMLParser):
    """Tags in order, identifiers, targets of links, and whether all tags are closed."""

    VOID = frozenset(("meta", "link", "img", "wbr", "br", "use", "path", "rect", "col"))

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page() -> Reader:
    reader = Reader()
    reader.feed(render_page(document(plain_hebb(), ugly(), verdicts=hebb_verdicts())))
    return reader


def test_the_page_is_whole(page: Reader) -> None:
    """Tags match, identifiers are unique, and every link inside the page has its target."""
    assert page.open == []
    names = [a["id"] for _, a in page.attributes if "id" in a]
    assert len(names) == len(set(names))
    targets = [a["href"] or "" for tag, a in page.attributes if tag in ("a", "use") and "href" in a]
    assert {t[1:] for t in targets if t.startswith("#")} <= set(names)


def test_the_page_needs_nothing_from_outside(page: Reader) -> None:
    tags = {tag for tag, _ in page.attributes}
    assert not tags & {"script", "iframe", "object", "embed", "audio", "video", "base", "form"}
    for tag, attributes in page.attributes:
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "data", "poster", "srcset", "action"):
            assert (attributes.get(name) or "data:").startswith("data:"), (tag, attributes)
        if tag == "link":
            assert attributes["href"] == "data:,"
    style = render_page(document(plain_hebb()))
    assert "@import" not in style
    assert "url(" not in style


def test_every_picture_says_what_it_shows(page: Reader) -> None:
    drawings = [a for tag, a in page.attributes if tag == "svg" and a.get("class") != "sprite"]
    assert drawings
    assert all(a["role"] == "img" and a["aria-label"] for a in drawings)
    assert all(a.get("alt") for tag, a in page.attributes if tag == "img")


def test_a_failed_step_is_not_hidden() -> None:
    lie = Claim("snr", "a lie", D, Regime.EXACT, derivation=Derivation(
        (Step(sp.Eq(D, K), "because", holding("D = K", truth=False)),)), symbol=rho)  # fmt: skip
    made = document(Sample(plain_hebb().setting, lie))
    assert "failed" in render_page(made)
    assert "failed" in render_tex(made)
    assert "1 failed" in doc.plain(
        next(b.text for b in made.abstract if isinstance(b, doc.Paragraph))
    )


def test_pairs_of_ensembles_are_described() -> None:
    hetero = Setting(
        ExpandedRule(2, {(1, 1): 1}, "hebb"), Pair(Bipolar(), Binary(sp.Rational(1, 4)))
    )
    text = render_tex(document(Sample(hetero, *plain_hebb().values())))
    assert "hetero-associative" in text
    assert "Address" in text
    assert "The reason why not." in text


def test_drawings_join_chunks_in_order() -> None:
    apart, together = drawing("a"), drawing(r"a + \frac{b}{c}")
    assert together.width > drawing(r"\frac{b}{c}").width + apart.width
    assert together.depth > apart.depth
    assert drawing(r"\binom{\frac{a}{2}}{k}").height > drawing("a").height


# ---- files ------------------------------------------------------------------------------------

PROGRAM = """
import sys
sys.path.insert(0, sys.argv[2])
from test_publish import hebb_verdicts, plain_hebb, report
report([(plain_hebb(), hebb_verdicts())], to=sys.argv[1])
"""


def test_same_input_same_bytes(tmp_path: Path) -> None:
    """Two processes, two folders, two hash seeds, two time zones: equal files."""
    for number in "12":
        folder = tmp_path / number / ("deep" * int(number))
        subprocess.run(
            [sys.executable, "-W", "error", "-c", PROGRAM, str(folder), str(Path(__file__).parent)],
            env={**os.environ, "PYTHONHASHSEED": number, "TZ": f"Etc/GMT-{number}"},
            cwd=tmp_path, check=True, timeout=300,
        )  # fmt: skip
    first = {p.name: p.read_bytes() for p in (tmp_path / "1" / "deep").iterdir()}
    second = {p.name: p.read_bytes() for p in (tmp_path / "2" / "deepdeep").iterdir()}
    expected = {"report.html", "report.tex"} | (
        {"report.pdf"} if shutil.which("latexmk") else set()
    )
    assert expected < set(first)
    assert set(first) == set(second)
    assert [name for name in first if first[name] != second[name]] == []


def test_without_latexmk_the_report_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "report.pdf").write_text("of yesterday")
    made = report(plain_hebb(), to=tmp_path)  # type: ignore[arg-type]
    assert made.pdf is None
    assert "latexmk is not installed" in made.note
    assert not (tmp_path / "report.pdf").exists()
    assert made.tex.is_file()
    assert made.html.is_file()


def test_an_unwritable_folder_is_found_before_any_work(tmp_path: Path) -> None:
    worked: list[bool] = []

    def test() -> bool:
        worked.append(True)
        return True

    step = Step(sp.Eq(D, D, evaluate=False), "watched", Evidence(Method.LIMIT, "", test))
    claim = Claim("snr", "watched", D, Regime.EXACT, derivation=Derivation((step,)), symbol=rho)
    theory = Sample(plain_hebb().setting, claim)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UnwritableOutput, match="cannot write"):
        report(theory, to=tmp_path / "file")  # type: ignore[arg-type]
    assert worked == []
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
    report(theory, to=tmp_path / "new", pdf=False)  # type: ignore[arg-type]
    assert worked == [True]


def test_verdicts_belong_to_their_theory(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="in pairs"):
        report([(plain_hebb(), ())], hebb_verdicts(), to=tmp_path)  # type: ignore[list-item]
    with pytest.raises(InvalidValue, match="at least one"):
        report([], to=tmp_path)


def test_the_summary_has_a_row_for_every_verdict() -> None:
    table = summary(plain_hebb(), hebb_verdicts())  # type: ignore[arg-type]
    assert all(len(row) == len(table.columns) for row in table.rows)
    assert [row[-1] for row in table.rows] == ["AGREES", "DISAGREES"]  # the third has no claim
    assert [row[-1] for row in summary(plain_hebb()).rows] == ["", ""]  # type: ignore[arg-type]


# ---- one claim --------------------------------------------------------------------------------


@NO_TEX
def test_claims_can_be_pasted_into_a_paper() -> None:
    """The standard article class with amsmath alone; no complaint, no box that is too full."""
    solved = Claim("capacity:bit", "load", sp.Eq(UGLY["error function"], epsilon), Regime.HEURISTIC,
                   ("the field is Gaussian",), unknown=K, dropped="nothing")  # fmt: skip
    claims = [*plain_hebb().values(), *ugly().values(), solved]
    snippets = "\n".join(claim_latex(c) for c in claims if c.name != "atoms")
    made = compiled(
        "\\documentclass{article}\\pdfinfoomitdate=1\\usepackage[T1]{fontenc}\\usepackage{amsmath}"
        f"\\allowdisplaybreaks\n\\begin{{document}}\n{snippets}\n\\end{{document}}\n",
        {},
    )
    assert made.pdf is not None, made.reason
    assert re.findall(r"^.*(?:Overfull|undefined|LaTeX Warning).*$", made.log, re.M) == []


def test_a_pasted_claim_says_what_it_rests_on() -> None:
    text = claim_latex(plain_hebb()["bit_error"])
    assert "leading order" in text
    assert "Patterns are independent." in text
    assert r"Dropped: The skewness, of order 1/\ensuremath{\sqrt{D}}." in text


# ---- figures ----------------------------------------------------------------------------------


def test_simulation_meets_the_theory_of_plain_hebb(tmp_path: Path) -> None:
    """(D - 1)/(K - 1) is exact; each point is within 5 of its standard errors of the line."""
    found = sweep(plain_hebb(), {D: sp.Integer(80)}, (8, 16, 32), networks=64, seed=5)  # type: ignore[arg-type]
    ratios = next(c for c in found.curves if c.quantity == "snr")
    assert [round(p.place * 80) for p in ratios.points] == [8, 16, 32]
    for point in ratios.points:
        exact = 79 / (point.place * 80 - 1)
        assert 0 < point.stderr < 0.2 * exact
        assert abs(point.value - exact) < 5 * point.stderr
    assert ratios.line[0] == pytest.approx((0.1, 79 / 7))
    with pytest.raises(InvalidValue, match="holds"):
        hero([Sweep("none", (), 80, 64, 5)], tmp_path / "none.png")
    picture = hero([found], tmp_path / "hero.png").read_bytes()
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(picture[16:20], "big") == 1600
    hero([found], tmp_path / "again.png")
    assert (tmp_path / "again.png").read_bytes() == picture


@pytest.mark.parametrize(("words", "boxed"), [(20, True), (900, False)])
def test_a_statement_longer_than_a_page_is_not_boxed_whole(words: int, boxed: bool) -> None:
    """A box cannot be broken: with much prose in it formulas would run off the page."""
    prose = doc.Paragraph(("word " * words,))
    block = doc.Result(("A theorem",), "theorem", (prose,))
    section = doc.Section(("One",), "one", (block,))
    source = render_tex(doc.Document("Title", "", (), (section,), (), "made by"))
    inside = source[source.index(r"\begin{result}") : source.index(r"\end{result}")]
    assert ("word word" in inside) is boxed
    assert "word word" in source
