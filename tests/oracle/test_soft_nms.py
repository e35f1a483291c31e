"""What the profiles leave out of soft suppression, and single fields reach."""

import dataclasses

from strategies import same_bits

from refdet.ops.soft_nms import soft_nms
from refdet.profiles import MMCV

from .replay import given, recorded

GROUP = "soft_nms/points gaussian/float32"


def test_mmcv_divides_0_by_0_and_waits_with_what_is_no_number_until_it_stands_in_front():
    """The profile has mmdet's overlap; with mmcv's own the recorded answers come, NaN and all."""
    overlap = dataclasses.replace(MMCV.overlap, division="ieee", union_eps=0.0, finite="propagate")
    convention = dataclasses.replace(MMCV, overlap=overlap)
    for arguments, answer in zip(given("mmcv", GROUP), recorded("mmcv")[GROUP], strict=True):
        assert same_bits(soft_nms(*arguments, convention=convention), answer)
