"""docs/cli.md, docs/report.md and the example are true: what they show is what one gets."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "cli.md").read_text()
ENV = {**os.environ, "PYTHONPATH": str(ROOT)}
SESSIONS = re.findall(r"```console\n(.*?)```", PAGE, re.S)


def commands(session):
    """(command, what it printed) pairs of one console block."""
    for part in re.split(r"^\$ ", session, flags=re.M)[1:]:
        command, _, printed = part.partition("\n")
        yield command, printed


@pytest.mark.skipif(sys.platform == "win32", reason="the examples are written for a Unix shell")
@pytest.mark.parametrize("session", SESSIONS)
def test_every_command_prints_what_the_page_shows(session, tmp_path):
    refdet = f'refdet() {{ {shlex.quote(sys.executable)} -m refdet "$@"; }}\n'
    for command, printed in commands(session):
        words = ["sh", "-c", refdet + command]
        done = subprocess.run(words, cwd=tmp_path, env=ENV, stdout=-1, stderr=subprocess.STDOUT, text=True)
        assert done.stdout == printed


def test_the_page_names_every_option():
    from refdet.cli import nms

    folder = Path(nms.__file__).parent
    source = "".join((folder / name).read_text() for name in ("nms.py", "nms_method.py", "box_file.py"))
    assert set(re.findall(r'"(--[a-z-]+)"', source)) == set(re.findall(r"^\| `(--[a-z-]+)", PAGE, re.M))
    steps = re.findall(r'"(--[a-z-]+)"', (folder / "steps.py").read_text())
    assert steps and all(option in PAGE for option in steps)


def test_the_code_of_the_report_page_runs(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    for code in re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "report.md").read_text(), re.S):
        exec(code, globals())
    assert (tmp_path / "three_boxes.html").stat().st_size > 10_000
    assert (tmp_path / "steps.png").read_bytes()[:4] == b"\x89PNG"


def test_the_example_writes_both_files(tmp_path):
    pytest.importorskip("matplotlib")
    words = [sys.executable, str(ROOT / "examples" / "nms_filmstrip.py"), str(tmp_path)]
    done = subprocess.run(words, env=ENV, capture_output=True, text=True, check=True)
    assert "kept: [0 3 4]" in done.stdout and done.stderr == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["nms.html", "nms.png"]
