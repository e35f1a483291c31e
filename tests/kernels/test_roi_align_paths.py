"""RoI align: every implementation gives the reference's bits, but `vectorized`, whose sums have another order.

`vectorized` alone is compared with a tolerance, in units of the largest value of the map, or of the largest sum of
absolute shares of the gradient.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import DTYPES, layouts, same_bits
from tolerances import close

import refdet
from refdet.profiles import PROFILES

ROI = st.sampled_from([profile for profile in PROFILES.values() if profile.roi])
SPECIAL = st.sampled_from([np.nan, np.inf, -np.inf, 3e38, -3e38, 1e9, -1e9, 2.0**31, 1e-45, 0.0, -0.0, 1.0])
CHANNELS = st.sampled_from([1, 2, 3, 9, 17, 33])
FORMS = ("roi_align", "roi_align_plain")
BACKWARD = ("roi_align_backward", "roi_align_backward_plain")


@st.composite
def aligning(draw):
    """A map of random mantissas, RoIs in, across and outside it, on quarters of a cell or anywhere; and the rest."""
    dtype, rng = draw(DTYPES), np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, h, w = (draw(st.integers(1, most)) for most in (2, 7, 7))
    features = rng.standard_normal((n, draw(CHANNELS), h, w)).astype(dtype)
    count, scale = draw(st.integers(0, 5)), draw(st.sampled_from([1.0, 0.5, 2.0, 0.1, 1 / 3]))
    corners = rng.integers(-8, 40, (count, 4)) / 4 if draw(st.booleans()) else rng.uniform(-3, 10, (count, 4))
    if draw(st.booleans()):
        corners = np.sort(corners.reshape(-1, 2, 2), axis=1).reshape(-1, 4)
    rois = np.c_[rng.integers(0, n, count), corners / scale].astype(dtype)
    size = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    return features, rois, size, scale, draw(st.integers(-1, 4)), draw(st.booleans())


def agree(backend, result, expected, unit):
    """The same bits; of `vectorized`, numbers within the tolerance in that unit."""
    if backend != "vectorized":
        return same_bits(result, expected)
    name = "two products" if expected.dtype == np.float32 else "float64 sums"
    same = (result.dtype, result.shape) == (expected.dtype, expected.shape)
    return same and close(result / unit, expected / unit, name)


def largest(values):
    return max(float(np.abs(values).max(initial=0)), 1e-30)


@given(case=aligning(), convention=ROI)
def test_roi_align_agrees_with_the_reference(implementation, backend, case, convention):
    expected = refdet.roi_align(*case, convention=convention)
    for form in FORMS:
        result = implementation(form)(*case, convention=convention)
        assert agree(backend, result, expected, largest(case[0]))


@given(case=aligning(), seed=st.integers(0, 2**32 - 1))
def test_roi_align_backward_agrees_with_the_reference(implementation, backend, case, seed):
    features, rois, size, *how = case
    grad = np.random.default_rng(seed).standard_normal((len(rois), features.shape[1], *size))
    grad = grad.astype(features.dtype)
    given_ = rois, features.shape, *how
    expected = refdet.roi_align_backward(grad, *given_)
    unit = largest(refdet.roi_align_backward(abs(grad), *given_))
    for form in BACKWARD:
        assert agree(backend, implementation(form)(grad, *given_), expected, unit)


@given(case=aligning(), data=st.data())
def test_what_none_stands_for_is_the_conventions(implementation, backend, case, data):
    convention = data.draw(ROI.filter(lambda profile: profile.roi.aligned is not None))
    expected = refdet.roi_align(*case[:4], convention=convention)
    explicit = refdet.roi_align(*case[:4], 0, convention.roi.aligned, convention=convention)
    assert same_bits(expected, explicit)
    result = implementation("roi_align")(*case[:4], convention=convention)
    assert agree(backend, result, expected, largest(case[0]))


@given(case=aligning(), data=st.data())
def test_hostile_regions_give_the_same_bits(implementation, backend, case, data):
    """Places off the map, or nowhere: neither an endless loop, nor a cast of what fits no integer."""
    features, rois, *how = case
    for value in data.draw(st.lists(SPECIAL, max_size=6)):
        if len(rois):
            rois[data.draw(st.integers(0, len(rois) - 1)), data.draw(st.integers(1, 4))] = value
    torch = refdet.TORCHVISION
    expected = refdet.roi_align(features, rois, *how, convention=torch)
    back = refdet.roi_align_backward(expected, rois, features.shape, *how[1:], convention=torch)
    unit = largest(refdet.roi_align_backward(abs(expected), rois, features.shape, *how[1:], convention=torch))
    for form, backward in zip(FORMS, BACKWARD, strict=True):
        result = implementation(form)(features, rois, *how, convention=torch)
        assert agree(backend, result, expected, largest(features))
        result = implementation(backward)(expected, rois, features.shape, *how[1:], convention=torch)
        assert agree(backend, result, back, unit)


@given(case=aligning(), data=st.data())
def test_hostile_values_give_the_same_bits(implementation, case, data):
    """Here `vectorized` too: it leaves such maps and gradients to the reference."""
    features, rois, *how = case
    odd = st.sampled_from([np.nan, np.inf, -np.inf, 3e38, -3e38])
    for value in data.draw(st.lists(odd, max_size=6)):
        features.reshape(-1)[data.draw(st.integers(0, features.size - 1))] = value
    features[0, 0, 0, 0] = np.finfo(features.dtype).max
    torch = refdet.TORCHVISION
    expected = refdet.roi_align(features, rois, *how, convention=torch)
    grad = np.resize(features, expected.shape)
    back = refdet.roi_align_backward(grad, rois, features.shape, *how[1:], convention=torch)
    for form, backward in zip(FORMS, BACKWARD, strict=True):
        assert same_bits(implementation(form)(features, rois, *how, convention=torch), expected)
        result = implementation(backward)(grad, rois, features.shape, *how[1:], convention=torch)
        assert same_bits(result, back)


def fixed(dtype, channels=37, count=60):
    """More bins than cells, so that the fast forms run; 37 channels leave a rest in every block."""
    rng = np.random.default_rng(1)
    corners = rng.uniform(-20, 140, (count, 4))
    corners[: count // 2] = np.sort(corners[: count // 2].reshape(-1, 2, 2), axis=1).reshape(-1, 4)
    features = rng.standard_normal((2, channels, 9, 11)).astype(dtype)
    return features, np.c_[rng.integers(0, 2, count), corners].astype(dtype)


@pytest.mark.parametrize("channels", [7, 8, 31, 32, 33, 64, 70])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_rest_of_a_block_of_channels_agrees(implementation, backend, dtype, channels):
    features, rois = fixed(dtype, channels, 12)
    how = (3, 5), 1 / 16, 0, True
    expected = refdet.roi_align(features, rois, *how)
    assert agree(backend, implementation("roi_align")(features, rois, *how), expected, largest(features))
    back = refdet.roi_align_backward(expected, rois, features.shape, *how[1:])
    result = implementation("roi_align_backward")(expected, rois, features.shape, *how[1:])
    assert agree(backend, result, back, 4 * largest(back))


@pytest.mark.parametrize("layout", layouts(np.zeros((2, 4))))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_memory_layout_does_not_matter(implementation, backend, layout, dtype):
    features, rois = fixed(dtype, 3, 7)
    how = (3, 2), 0.1, 2, False
    pooled = refdet.roi_align(features, rois, *how)
    calls = {
        **dict.fromkeys(FORMS, (features, rois, *how)),
        **dict.fromkeys(BACKWARD, (pooled, rois, features.shape, *how[1:])),
    }
    for op, arguments in calls.items():
        moved = [layouts(a)[layout] if isinstance(a, np.ndarray) else a for a in arguments]
        before = [a.tobytes() for a in moved[:2]]
        expected = getattr(refdet, op.removesuffix("_plain"))(*arguments)
        assert agree(backend, implementation(op)(*moved), expected, 4 * largest(expected)), op
        assert before == [a.tobytes() for a in moved[:2]], f"{op} changed an input"


def test_out_receives_the_result_in_any_layout(implementation, backend):
    features, rois = fixed(np.float32, 3, 4)
    expected = refdet.roi_align(features, rois, 2, 0.1)
    for form in FORMS:
        for out in (
            np.empty_like(expected),
            np.empty_like(expected, order="F"),
            np.empty_like(expected)[::-1],
        ):
            result = implementation(form)(features, rois, 2, 0.1, out=out)
            assert agree(backend, out.copy(), expected, largest(features))
            assert same_bits(np.array(result), out.copy())


@pytest.mark.parametrize("threads", [2, 3, 7])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_number_of_threads_does_not_matter(threads, dtype):
    cpp = pytest.importorskip("refdet.kernels.cpp", exc_type=ImportError)
    features, rois = fixed(dtype, 100, 301)
    how = 7, 1 / 16, 0, True
    pooled = cpp.roi_align(features, rois, *how)
    assert same_bits(cpp.roi_align(features, rois, *how, threads=threads), pooled)
    given_ = pooled, rois, features.shape, *how[1:]
    assert same_bits(cpp.roi_align_backward(*given_, threads=threads), cpp.roi_align_backward(*given_))
    assert same_bits(cpp.roi_align_backward(*given_), cpp.roi_align_backward_plain(*given_))


@pytest.mark.parametrize("image", [-1.0, 1.0, 1e30, np.nan, np.inf])
@pytest.mark.parametrize("form", ["", "_plain"])
def test_a_region_whose_image_changes_after_the_check_reads_and_writes_no_memory(form, image):
    cpp = pytest.importorskip("refdet.kernels.cpp", exc_type=ImportError)
    rois, rule = np.array([[image, 0, 0, 2, 2]] * 4), {"scale": 1.0, "aligned": True, "ratio": 2, "most": 9}
    for channels in (1, 8):
        pooled, cells = np.ones((4, channels, 1, 1)), np.ones((1, channels, 2, 2))
        getattr(cpp._core, f"roi_align{form}")(cells, rois, **rule, threads=1, out=pooled)
        assert (pooled == 0).all()
        cells[...] = 0
        backward = getattr(cpp._core, f"roi_align_backward{form}")
        backward(np.ones((4, channels, 1, 1)), rois, **rule, threads=1, grad_input=cells)
        assert (cells == 0).all()


def test_what_lies_outside_the_tolerance_is_seen():
    value = np.array([1.0, 0.5], np.float32)
    planted = value + np.float32(1e-5)
    assert agree("vectorized", value + np.float32(1e-7), value, 1.0)
    assert not agree("vectorized", planted, value, 1.0) and not agree(
        "cpp", value + np.float32(1e-7), value, 1.0
    )
