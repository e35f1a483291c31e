"""Running a command in this process, and the five boxes of NMS-9."""

import io
import sys
from types import SimpleNamespace

import pytest

from refdet.cli import main

# NMS-9 as xyxy; scores .95, .92, .88, .40, .20.
FIVE = """\
x1,y1,x2,y2,score
100,125,200,275,0.95
102,128,204,276,0.92
106,132.5,204,277.5,0.88
150,225,250,375,0.40
182.5,220,277.5,360,0.20
"""


@pytest.fixture
def refdet(capsys, monkeypatch):
    """``refdet("nms", path, stdin=b"...")`` gives .code, .out and .err of the command."""

    def run(*argv, stdin=b""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = main([str(word) for word in argv])
        seen = capsys.readouterr()
        return SimpleNamespace(code=code, out=seen.out, err=seen.err)

    return run


@pytest.fixture
def five(tmp_path):
    path = tmp_path / "five.csv"
    path.write_text(FIVE)
    return path


def kept(out):
    """Indices in the printed table."""
    lines = out.rstrip("\n").split("\n")
    head = next(i for i, line in enumerate(lines) if line.split()[:2] == ["index", "score"])
    return [int(line.split()[0]) for line in lines[head + 1 : -1]]


@pytest.fixture(name="kept")
def _kept():
    return kept
