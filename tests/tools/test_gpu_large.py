"""The large cases of the GPU script, at sizes that the emulator can do: each sees a wrong value in each of its ops."""

import numpy as np
import pytest
from gpu_steps import Failed, NotRun, device, large

from refdet import kernels
from refdet.kernels import launch

pytestmark = pytest.mark.skipif(
    "emulator" not in kernels.implementations("nms"), reason="the emulator is not built"
)
MASKED = "nms", "batched_nms", "diou_nms"
OPS = {
    "mask": MASKED,
    "refused": ("nms_plain",),
    "wide mask": MASKED,
    "soft": ("soft_nms",),
    "wide overlaps": ("box_iou", "generalized_box_iou", "distance_box_iou"),
    "wide pool": ("roi_pool_with_argmax", "roi_align"),
    "wide backward": ("roi_pool_backward", "roi_align_backward"),
    "grid": ("box_iou",),
    "streams": ("nms", "box_iou", "roi_pool", "roi_align", "diou_nms"),
}


@pytest.fixture
def on(monkeypatch):
    """The emulator, with limits that are put back."""
    for name in ("MAX_WORKSPACE", "MAX_GRID"):
        monkeypatch.setattr(launch, name, getattr(launch, name))
    return device.Emulated()


def wrong(function):
    """The function, but for the last value of its last array."""

    def call(*arguments, **keywords):
        result = function(*arguments, **keywords)
        parts = [part.copy() for part in large.arrays_of(result)]
        parts[-1].flat[-1] = np.nextafter(parts[-1].flat[-1], 9) if parts[-1].dtype.kind == "f" else 77
        return tuple(parts) if isinstance(result, tuple) else parts[0]

    return call


def test_every_case_is_here():
    assert set(large.CASES) == {*OPS, "second device"}


@pytest.mark.parametrize(("case", "op"), [(case, op) for case, ops in OPS.items() for op in ops])
def test_a_wrong_value_is_seen(on, monkeypatch, case, op):
    monkeypatch.setattr(on.ops, op, wrong(getattr(on.ops, op)))
    with pytest.raises(Failed, match=op):
        large.CASES[case](on, True)


@pytest.mark.parametrize("op", MASKED)
def test_a_mask_that_is_not_refused_is_a_failure(on, monkeypatch, op):
    monkeypatch.setattr(on.ops, op, lambda boxes, *_: np.arange(len(boxes)))
    with pytest.raises(Failed, match=f"{op} of 700 boxes was not refused"):
        large.refused(on, True)


def test_a_device_with_too_little_memory_says_so(on, monkeypatch):
    monkeypatch.setattr(on, "free_bytes", lambda: 10**9, raising=False)
    with pytest.raises(NotRun, match="needs 18.2 GB of the device's memory; 1.0 are free"):
        large.wide_mask(on, False)
