"""docs/verify.md is true: its kernel is found wrong in the words that it shows, twice, and right in the end."""

import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "verify.md").read_text()
KERNEL, SHOWN = re.search(r"\$ cat my_kernel.py\n(.*?)\$ refdet verify.*?\n(.*?)```", PAGE, re.S).groups()


@pytest.fixture
def verified(refdet, tmp_path, monkeypatch):
    """What ``refdet verify nms my_kernel.py:nms`` says of a text."""
    monkeypatch.chdir(tmp_path)

    def run(text, *options):
        Path("my_kernel.py").write_text(text)
        return refdet("verify", "nms", "my_kernel.py:nms", *options)

    return run


def plain(text):
    return re.sub(r"in \d+\.\d s", "in 0.0 s", text)


def test_the_kernel_of_the_page_is_wrong_in_its_words(verified):
    done = verified(KERNEL, "--case", "case.json", "--html", "report.html")
    assert done.code == 1 and plain(done.out).startswith(plain(SHOWN.rstrip()))
    assert Path("case.json").exists() and "<rect" in Path("report.html").read_text()


def test_mended_in_one_place_it_is_wrong_in_the_next(verified):
    done = verified(KERNEL.replace(">= boxes", "> boxes"), "--shrink-seconds", "60", "--dtype", "float32")
    assert done.code == 1 and "no two that stay overlap over the threshold; 63 and 64 do" in done.out
    boxes = re.search(r"boxes = np.array\((.*?), np.float32", done.out)[1]
    assert len(eval(boxes)) == 65


def test_right_it_passes(verified):
    right = KERNEL.replace(">= boxes", "> boxes").replace("block=64", "block=10**9")
    done = verified(right)
    assert done.code == 0 and done.out.startswith(
        "PASS  nms of my_kernel.py:nms, profile refdet\n  800 cases"
    )
    assert "54 exact pairs, 128 decimal thresholds" in done.out
    assert "800 cases in 7.3 s: 54 exact pairs, 128 decimal thresholds, ..." in PAGE
