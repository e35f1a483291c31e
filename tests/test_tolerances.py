"""The table of tolerances: used wholly, and refusing what lies outside."""

from pathlib import Path

import numpy as np
from tolerances import TOLERANCES, close


def test_every_tolerance_is_used_and_has_a_reason():
    files = Path(__file__).parent.rglob("*.py")
    tests = "".join(p.read_text() for p in files if p.name not in (Path(__file__).name, "tolerances.py"))
    assert [name for name in TOLERANCES if f'"{name}"' not in tests] == []
    assert all(
        kind in ("absolute", "relative", "spacings") and len(reason) > 7
        for kind, _, reason in TOLERANCES.values()
    )


def test_what_lies_outside_is_refused():
    for name, (kind, size, _) in TOLERANCES.items():
        scale = {"relative": 100, "absolute": 1, "spacings": 100 * 2.0**-23}[kind]
        expected = np.float32(100)
        assert close(100 + 0.9 * size * scale, expected, name)
        assert not close(100 + 1.1 * size * scale, expected, name)
        assert not close(np.nan, 1, name) and not close([1, np.nan], [1, 1], name)
        assert not close(1, np.nan, name)
