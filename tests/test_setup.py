"""``./run``: what it decides before it installs anything, and that it needs nothing installed."""

from __future__ import annotations

import ast
import os
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "run"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The script as a module, its .venv in an empty folder."""
    loader = SourceFileLoader("run", str(SCRIPT))
    spec = spec_from_loader("run", loader)
    assert spec is not None
    module = module_from_spec(spec)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader.exec_module(module)
    venv = tmp_path / ".venv"
    monkeypatch.setattr(module, "VENV", str(venv))
    monkeypatch.setattr(module, "STAMP", str(venv / "stamp"))
    monkeypatch.setattr(module, "PYTHON", str(venv / "bin" / "python"))
    return module


def ready(script: ModuleType, python: str = sys.executable) -> None:
    """A .venv that was finished for the main job."""
    os.makedirs(os.path.dirname(script.PYTHON))
    os.symlink(python, script.PYTHON)
    Path(script.STAMP).write_text(script.wanted("") + "\n", encoding="ascii")


def test_it_is_executable_and_needs_only_the_standard_library() -> None:
    assert os.access(SCRIPT, os.X_OK)
    tree = ast.parse(SCRIPT.read_text(encoding="utf-8"))
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert imported <= sys.stdlib_module_names
    assert not any(isinstance(node, ast.ImportFrom) for node in ast.walk(tree))


def test_an_old_python_can_read_it_and_say_that_it_is_old(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 6))
    monkeypatch.setattr(script.sys, "version_info", (3, 9, 1))
    monkeypatch.setattr(script.shutil, "which", lambda name: None)
    with pytest.raises(SystemExit) as left:
        script.require_version()
    assert left.value.code == 2
    said = capsys.readouterr().err
    assert said == "run: hebbsym needs Python 3.11 or newer; this is Python 3.9\n"


def test_a_finished_venv_is_used_as_it_is(script: ModuleType) -> None:
    ready(script)
    assert script.stamped() == [script.wanted("")]


def test_a_missing_or_broken_venv_is_not(script: ModuleType) -> None:
    assert script.stamped() == []
    ready(script, python="/nowhere/python")
    assert script.stamped() == []
    assert not script.usable()


def test_a_change_of_the_pinned_versions_is_noticed(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = script.wanted("")
    assert script.wanted("dev") != before
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    monkeypatch.setattr(script, "ROOT", str(tmp_path))
    moved = script.wanted("")
    (tmp_path / "constraints.txt").write_text("sympy==0.0\n", encoding="ascii")
    assert len({before, moved, script.wanted("")}) == 3


def test_a_python_without_pip_says_what_to_install(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As on Debian without python3-venv, for a user who may not install it."""
    monkeypatch.setattr(script, "has", lambda module: False)
    monkeypatch.setattr(script.os, "geteuid", lambda: 1000, raising=False)
    with pytest.raises(SystemExit) as left:
        script.make_venv()
    assert left.value.code == 2
    assert capsys.readouterr().err.endswith("do: sudo apt install python3-venv\n")
