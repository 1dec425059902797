"""Sweeps: the same bits whoever computes them, and after any way to be stopped."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import hebbsym as hs
from hebbsym.exploration import sweeping
from hebbsym.exploration.blocks import SCHEMA, Order, part
from hebbsym.exploration.kernels import kernels
from hebbsym.exploration.space import finite

NAMES = ("c_0", "c_1_post", "c_1_pre", "c_2_post", "c_2_pre", "c_2_corr")
SMALL = hs.Space(
    {name: finite((-1, 0, 1)) for name in NAMES},
    ensembles=("bipolar(mean=1/5)", "gaussian"),
    sizes=(hs.Size(100, 10), hs.Size(100, 20)),
)
COLUMNS = ("c_1_pre", "snr", "capacity:snr", "bit_error:gaussian")

# 40 blocks of 20 rows, each of which says that it is done; the folder is the argument
SCRIPT = """
import sys, time
import hebbsym as hs
from hebbsym.exploration import sweeping
from hebbsym.exploration.space import finite
if __name__ == "__main__":
    sweeping.ROWS = 20
    space = hs.Space({n: finite(range(1, 5)) for n in ("c_0", "c_1_post", "c_1_pre", "c_2_corr")}
                     | {"c_2_pre": finite((0, 7, 9))})
    def progress(done, total):
        print(done, total, flush=True)
        time.sleep(float(sys.argv[3]))
    made = hs.explore(space, to=sys.argv[1], workers=int(sys.argv[2]), columns=["snr", "capacity:snr"],
                      divide=False, progress=progress)
    print("hash", made.hash)
"""


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "ROWS", 400)


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("script") / "sweep.py"
    path.write_text(SCRIPT)
    return path


def run(script: Path, folder: Path, workers: int = 1, pause: float = 0.0) -> subprocess.Popen[str]:
    command = [sys.executable, str(script), str(folder), str(workers), str(pause)]
    environment = {**os.environ, "PYTHONPATH": str(Path(hs.__file__).parents[1])}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def hash_of(process: subprocess.Popen[str]) -> str:
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0, out
    found = re.search(r"^hash (\w+)$", out, re.MULTILINE)
    assert found is not None
    return found[1]


@pytest.fixture(scope="module")
def whole(script: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The hash of the scripted sweep, never stopped."""
    return hash_of(run(script, tmp_path_factory.mktemp("whole") / "out"))


def test_the_frame_holds_what_the_kernels_say(tmp_path: Path) -> None:
    made = hs.explore(SMALL, to=tmp_path / "s", columns=COLUMNS, divide=False)
    frame = made.frame()
    assert list(frame.columns) == ["rule", "condition", *COLUMNS]
    assert len(frame) == made.rows == len(SMALL) * 4
    assert (np.diff(frame["rule"] * 4 + frame["condition"]) == 1).all()
    block = SMALL.block(0, len(SMALL))
    for number, kernel in enumerate(kernels(SMALL, COLUMNS[1:])):
        rows = frame[frame["condition"] == number]
        assert np.array_equal(rows["c_1_pre"], block[:, 2])
        for name, values in kernel(block).items():
            assert np.array_equal(rows[name], values, equal_nan=True), name
    assert frame.loc[frame["condition"] >= 2, "bit_error:gaussian"].isna().all()


def test_what_does_not_exist_is_null_and_not_a_number(tmp_path: Path) -> None:
    made = hs.explore(SMALL, to=tmp_path / "s", columns=COLUMNS)
    column = pq.read_table(made.files[0])["bit_error:gaussian"]
    assert column.null_count == len(column) // 2


def test_the_schema_is_written_into_every_file(tmp_path: Path) -> None:
    made = hs.explore(SMALL, to=tmp_path / "s", columns=COLUMNS)
    for number, file in enumerate(made.files):
        metadata = pq.read_schema(file).metadata
        assert metadata[b"schema"].decode() == SCHEMA == "hebbsym/explore/2"
        assert json.loads(metadata[b"space"]) == SMALL.record
        assert metadata[b"block"] == str(number).encode()
    manifest = json.loads((made.path / "sweep.json").read_text())
    assert manifest["hash"] == made.hash
    assert hs.Sweep.read(made.path) == made


def test_equivalent_rules_are_computed_once(tmp_path: Path) -> None:
    divided = hs.explore(SMALL, to=tmp_path / "a", columns=["snr"])
    every = hs.explore(SMALL, to=tmp_path / "b", columns=["snr"], divide=False)
    assert divided.rows == divided.classes * 4 < every.rows == 729 * 4
    one, other = divided.frame(), every.frame()
    assert set(one["snr"].round(9)) == set(other["snr"].round(9))
    joined = one.merge(other, on=["rule", "condition"])
    assert (joined["snr_x"] == joined["snr_y"]).all()


def test_classes_are_listed_with_their_named_rules(tmp_path: Path) -> None:
    divided = hs.explore(SMALL, to=tmp_path / "a", columns=["snr"])
    listed = divided.classes_frame()
    assert listed["members"].sum() == len(SMALL)
    (hebb,) = listed.loc[listed["named"].str.contains("^hebb"), "rule"]
    assert [int(v) for v in SMALL.point(int(hebb)).values()] == [0, 0, 0, 0, 0, 1]
    every = hs.explore(SMALL, to=tmp_path / "b", columns=["snr"], divide=False)
    with pytest.raises(hs.InvalidValue, match="not divided out"):
        every.classes_frame()


def test_any_executor_gives_the_same_bits(tmp_path: Path) -> None:
    alone = hs.explore(SMALL, to=tmp_path / "a", columns=COLUMNS)
    with ThreadPoolExecutor(3) as executor:
        other = hs.explore(SMALL, to=tmp_path / "b", columns=COLUMNS, executor=executor, workers=3)
    assert alone.hash == other.hash
    assert len(alone.files) > 3
    assert [f.read_bytes() for f in alone.files] == [f.read_bytes() for f in other.files]


@pytest.mark.parametrize("workers", [2, 4])
def test_a_pool_gives_the_same_bits(script: Path, whole: str, workers: int, tmp_path: Path) -> None:
    assert hash_of(run(script, tmp_path / "out", workers)) == whole


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real scheduler with two worker processes on loopback."""
    pytest.importorskip("distributed")
    folder = tmp_path_factory.mktemp("cluster")
    record, environment = folder / "scheduler.json", {
        **os.environ, "PYTHONPATH": str(Path(hs.__file__).parents[1]),
    }  # fmt: skip
    tool = [sys.executable, "-m"]
    loop = ["--host", "127.0.0.1", "--scheduler-file", str(record)]
    scheduler = [*tool, "distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard", *loop]
    worker = [
        *tool,
        "distributed.cli.dask_worker",
        "--nthreads",
        "1",
        "--no-dashboard",
        "--no-nanny",
    ]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    started = [subprocess.Popen(scheduler, env=environment, **quiet)]
    try:
        for _ in range(300):
            if record.exists() and record.read_text().strip():
                break
            time.sleep(0.1)
        address = str(json.loads(record.read_text())["address"])
        started += [subprocess.Popen([*worker, *loop], env=environment, **quiet) for _ in range(2)]
        yield address
    finally:
        for process in started:
            process.kill()
            process.wait()


def test_a_dask_cluster_gives_the_same_bits(cluster: str, tmp_path: Path) -> None:
    """The same command with --scheduler: two worker processes that the sweep did not start."""
    space = tmp_path / "space.toml"
    space.write_text("[coefficients]\n" + "\n".join(f"{n} = [-1, 0, 1]" for n in NAMES))
    command = [sys.executable, "-m", "hebbsym", "explore", str(space), "--columns", "snr,c_0"]
    environment = {**os.environ, "PYTHONPATH": str(Path(hs.__file__).parents[1])}
    hashes = []
    for number, more in enumerate(([], ["--scheduler", cluster])):
        words = [*command, "-o", str(tmp_path / str(number)), *more]
        done = subprocess.run(words, capture_output=True, text=True, env=environment, timeout=120)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        hashes.append(done.stdout.splitlines()[-1])
    assert hashes[0] == hashes[1]


def test_a_scheduler_that_does_not_answer_is_one_line(tmp_path: Path, monkeypatch) -> None:
    from hebbsym.exploration import executors

    monkeypatch.setattr(executors, "_PATIENCE", "1s")
    with pytest.raises(hs.InvalidValue, match=r"no scheduler answers at tcp://127\.0\.0\.1:9"):
        hs.explore(SMALL, to=tmp_path / "a", columns=["snr"], scheduler="tcp://127.0.0.1:9")


def test_a_sweep_whose_parent_is_killed_is_taken_up(
    script: Path, whole: str, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    process = run(script, folder, workers=2, pause=0.05)
    assert process.stdout is not None
    for _ in range(3):
        process.stdout.readline()
    children = children_of(process.pid)
    assert children
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    done = entered(folder)
    assert 0 < done < 39
    wait_for_the_end_of(children)
    again = run(script, folder)
    assert hash_of(again) == whole
    assert entered(folder) == 39


def test_a_sweep_whose_worker_is_killed_goes_on(script: Path, whole: str, tmp_path: Path) -> None:
    process = run(script, tmp_path / "out", workers=2, pause=0.05)
    assert process.stdout is not None
    process.stdout.readline()
    spawned = [pid for pid in children_of(process.pid) if "spawn_main" in command_of(pid)]
    os.kill(spawned[0], signal.SIGKILL)
    assert hash_of(process) == whole


def children_of(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in text.split()]


def command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


def wait_for_the_end_of(pids: list[int]) -> None:
    """No orphan outlives its parent for long."""
    for _ in range(100):
        if not any(is_alive(pid) for pid in pids):
            return
        time.sleep(0.1)
    pytest.fail(f"{pids} outlived their parent")


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def entered(folder: Path) -> int:
    base = sqlite3.connect(folder / "journal.sqlite")
    try:
        return int(base.execute("SELECT COUNT(*) FROM block").fetchone()[0])
    finally:
        base.close()


def test_a_full_disk_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The third file does not fit; with room again the sweep ends as if nothing had been."""
    whole = hs.explore(SMALL, to=tmp_path / "a", columns=COLUMNS)
    real, written = sweeping.Journal.enter, []

    def enter(journal: sweeping.Journal, made: object) -> None:
        if len(written) == 2:
            raise hs.UnwritableOutput("cannot write: No space left on device")
        written.append(made)
        real(journal, made)  # type: ignore[arg-type]

    monkeypatch.setattr(sweeping.Journal, "enter", enter)
    with pytest.raises(hs.UnwritableOutput, match="No space left"):
        hs.explore(SMALL, to=tmp_path / "b", columns=COLUMNS)
    assert entered(tmp_path / "b") == 2
    monkeypatch.setattr(sweeping.Journal, "enter", real)
    assert hs.explore(SMALL, to=tmp_path / "b", columns=COLUMNS).hash == whole.hash


def test_a_limit_on_file_sizes_is_a_full_disk(tmp_path: Path) -> None:
    """The real thing: the system refuses to write on (RLIMIT_FSIZE), in one line, with status 2."""
    space = tmp_path / "space.toml"
    space.write_text("[coefficients]\n" + "\n".join(f"{n} = [-1, 0, 1, 2, 3]" for n in NAMES))
    command = [sys.executable, "-m", "hebbsym", "explore", str(space), "-o", str(tmp_path / "out")]
    command += ["--columns", "snr", "--all", "--top", "0"]
    environment = {**os.environ, "PYTHONPATH": str(Path(hs.__file__).parents[1])}
    limited = f"import resource, os, sys, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (60000, 60000)); os.execv(sys.executable, {command!r})"
    done = subprocess.run(
        [sys.executable, "-c", limited], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert "cannot write" in done.stderr
    again = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert again.returncode == 0, again.stderr
    assert "hash" in again.stdout


MEMORY = """
import resource, sys
import hebbsym as hs
names = ("c_0", "c_1_post", "c_1_pre", "c_2_post", "c_2_pre", "c_2_corr")
def sweep(points, folder):
    space = hs.Space({n: hs.Grid(0, 1, points) for n in names})
    made = hs.explore(space, to=folder, columns=["snr", "capacity:snr"], divide=False)
    return made.rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(*sweep(8, sys.argv[1] + "/a"), *sweep(12, sys.argv[1] + "/b"))
"""


def test_memory_does_not_grow_with_the_number_of_rules(tmp_path: Path) -> None:
    """Three million rules need no more than a quarter of a million, the size of one block."""
    command = [sys.executable, "-c", MEMORY, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(Path(hs.__file__).parents[1])}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    few, before, many, after = map(int, done.stdout.split())
    assert (few, many) == (8**6, 12**6)
    assert after - before < 30_000  # KiB; the larger result is 70 MB


def test_a_damaged_part_is_computed_again(tmp_path: Path) -> None:
    made = hs.explore(SMALL, to=tmp_path / "a", columns=COLUMNS)
    kept = [file.read_bytes() for file in made.files]
    made.files[1].write_bytes(kept[1][:-1] + b"x")
    made.files[2].unlink()
    again = hs.explore(SMALL, to=tmp_path / "a", columns=COLUMNS)
    assert again.hash == made.hash
    assert [file.read_bytes() for file in again.files] == kept


def test_a_folder_of_another_sweep_is_refused(tmp_path: Path) -> None:
    made = hs.explore(SMALL, to=tmp_path / "a", columns=COLUMNS)
    before = {file.name: file.read_bytes() for file in made.files}
    others = (
        {"space": SMALL.subspace(seed=1)},
        {"columns": COLUMNS[:2]},
        {"divide": False},
    )
    for other in others:
        asked = {"space": SMALL, "columns": COLUMNS, **other}
        with pytest.raises(hs.InvalidValue, match="another sweep"):
            hs.explore(asked.pop("space"), to=tmp_path / "a", **asked)
    assert {file.name: file.read_bytes() for file in made.files} == before


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(hs.InvalidValue, match=r"holds thesis.tex and no journal"):
        hs.explore(SMALL, to=tmp_path, columns=COLUMNS)
    with pytest.raises(hs.InvalidValue, match="is a file"):
        hs.explore(SMALL, to=tmp_path / "thesis.tex", columns=COLUMNS)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("damage", [b"", b"this is no database", None])
def test_a_damaged_journal_is_refused_and_nothing_is_lost(
    tmp_path: Path, damage: bytes | None
) -> None:
    made = hs.explore(SMALL, to=tmp_path / "a", columns=COLUMNS)
    journal, kept = tmp_path / "a" / "journal.sqlite", [f.read_bytes() for f in made.files]
    if damage is None:  # one page overwritten
        data = bytearray(journal.read_bytes())
        data[4096:8192] = b"\xff" * 4096
        journal.write_bytes(data)
    elif damage:
        journal.write_bytes(damage)
    else:
        base = sqlite3.connect(journal)
        base.execute("DROP TABLE sweep")
        base.commit()
        base.close()
    with pytest.raises(hs.InvalidValue, match="damaged"):
        hs.explore(SMALL, to=tmp_path / "a", columns=COLUMNS)
    assert [f.read_bytes() for f in made.files] == kept


def test_two_processes_never_sweep_into_one_folder(tmp_path: Path) -> None:
    from hebbsym.exploration.journal import opened

    with (
        opened(tmp_path / "a", {"a": 1}),
        pytest.raises(hs.InvalidValue, match="another process"),
        opened(tmp_path / "a", {"a": 1}),
    ):
        pass


def test_a_large_sweep_is_asked_about_twice(tmp_path: Path) -> None:
    large = hs.Space({n: hs.Grid(0, 1, 100) for n in NAMES})
    with pytest.raises(hs.SizeLimit, match="--yes"):
        hs.explore(large, to=tmp_path / "a", columns=["snr"])
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    ("columns", "kind"),
    [(["snrr"], hs.UnknownName), ([], hs.InvalidValue), (["snr"] * 2, hs.InvalidValue)],
)
def test_columns_are_checked_before_anything_is_written(tmp_path: Path, columns, kind) -> None:
    with pytest.raises(kind):
        hs.explore(SMALL, to=tmp_path / "a", columns=columns)
    assert not (tmp_path / "a").exists()


def test_a_folder_without_a_finished_sweep_is_none(tmp_path: Path) -> None:
    with pytest.raises(hs.InvalidValue, match="no finished sweep"):
        hs.Sweep.read(tmp_path)


def test_the_top_is_that_of_the_frame(tmp_path: Path) -> None:
    made = hs.explore(SMALL, to=tmp_path / "a", columns=COLUMNS)
    frame = made.frame().dropna(subset=["snr"])
    expected = frame.sort_values("snr", ascending=False, kind="stable").head(7)
    assert made.top(7, "snr").equals(expected.reset_index(drop=True))
    with pytest.raises(hs.UnknownName):
        made.top(3, "nothing")


def test_blocks_hold_no_more_than_they_are_asked_for() -> None:
    made = part(Order(SMALL, ("snr",), 3, 10, 20))
    assert made.rows == 40
    assert made.data == part(Order(SMALL, ("snr",), 3, 10, 20)).data


def test_workers_that_end_again_and_again_have_two_causes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*_: object) -> None:
        raise BrokenExecutor

    monkeypatch.setattr(sweeping, "_do", broken)
    with pytest.raises(hs.errors.InvalidValue, match=r"too little memory.*__main__"):
        hs.explore(hs.Space({"c_2_corr": finite((1, 2))}), to=tmp_path / "out", columns=["snr"])
