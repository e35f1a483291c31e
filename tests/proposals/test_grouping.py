"""PROP-2: hierarchical grouping."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from regions import label_maps
from strategies import same_bits
from tolerances import close

from refdet.proposals.grouping import hierarchical_grouping
from refdet.proposals.region_features import measure_regions, touching

SIMILARITIES = st.sampled_from(["C", "T", "S", "F", "CTSF", "TSF", "FC"])

# By hand

STRIPES = np.array([[0, 0, 0, 1, 1, 2]])
# In bins of 10.2: region 0 in bins 0, 0, 1; region 1 in 1, 1; region 2 in 2.
COLOURS = np.array([[1, 2, 11, 12, 13, 25]])


@pytest.mark.parametrize(
    ("similarity", "first", "second"),
    [
        # The shares are 2/3, 1/3, 0 and 0, 1, 0 and 0, 0, 1: their smaller ones sum to 1/3 and 0.
        ("C", 1 / 3, 0),
        # 1 - 5/6 and 1 - 3/6.
        ("S", 1 / 6, 1 / 2),
        # The box around the first two has 5 pixels, all theirs; that around the others 3.
        ("F", 1, 1),
        ("CF", 4 / 3, 1),
        ("CSF", 1 / 3 + 1 / 6 + 1, 0 + 1 / 2 + 1),
    ],
)
def test_similarities_with_a_pencil(similarity, first, second):
    step = hierarchical_grouping.trace(measure_regions(STRIPES, COLOURS), similarity).named("compare")[0]
    assert step.pairs.tolist() == [[0, 1], [1, 2]]
    assert close(step.alike, [first, second], "float64 sums")


@pytest.mark.parametrize(
    ("similarity", "first"), [("C", [0, 1]), ("S", [1, 2]), ("F", [0, 1]), ("CF", [0, 1])]
)
def test_who_goes_first_of_the_stripes_and_what_becomes_of_their_shares(similarity, first):
    """3/5 (2/3, 1/3, 0) + 2/5 (0, 1, 0); 2/3 (0, 1, 0) + 1/3 (0, 0, 1)."""
    step = hierarchical_grouping.trace(measure_regions(STRIPES, COLOURS), similarity).named("merge")[0]
    assert list(step.parts[0]) == first
    shares = [0.4, 0.6, 0] if first == [0, 1] else [0, 2 / 3, 1 / 3]
    assert close(step.colour[3, :3], shares, "float64 sums")


def test_the_fill_of_a_bay_and_the_texture_of_nothing():
    """Around the corner and the bay 4 pixels, of which they have 1 and 2; around the bay and the rest 8 of 8."""
    labels = np.array([[0, 1, 2, 2], [1, 2, 2, 2]])
    regions = measure_regions(labels, np.zeros((2, 4)))
    fill = hierarchical_grouping.trace(regions, "F").named("compare")[0]
    assert fill.pairs.tolist() == [[0, 1], [0, 2], [1, 2]]
    assert fill.alike.tolist() == [1 - (4 - 3) / 8, 1 - (8 - 6) / 8, 1 - (8 - 7) / 8]
    texture = hierarchical_grouping.trace(regions, "T").named("compare")[0]
    assert close(texture.alike, [1, 1, 1], "float64 sums")


def test_equal_pairs_go_by_their_lowest_number():
    """Four equal squares in a row: 0 and 1 first; then (2, 3), which are smaller than 4 is with any of them."""
    regions = measure_regions([[0, 1, 2, 3]], np.zeros((1, 4)))
    hierarchy = hierarchical_grouping(regions, "S")
    assert hierarchy.parts.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert hierarchical_grouping(regions, "C").parts.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert hierarchy.box[4:].tolist() == [[0, 0, 2, 1], [2, 0, 4, 1], [0, 0, 4, 1]]
    assert hierarchy.size.tolist() == [1, 1, 1, 1, 2, 2, 4]


def test_one_region_is_the_whole_image():
    hierarchy = hierarchical_grouping(measure_regions(np.zeros((3, 5), int), np.zeros((3, 5))))
    assert hierarchy.box.tolist() == [[0, 0, 5, 3]] and hierarchy.parts.shape == (0, 2)


# Properties


def image_of(labels):
    return np.random.default_rng(labels.size).uniform(0, 255, (*labels.shape, 2)).astype(np.float32)


def maps_of(hierarchy, labels):
    """The label map before each merge; then the last one, all of one region."""
    now = labels.copy()
    for t, pair in enumerate(hierarchy.parts, start=labels.max() + 1):
        yield now.copy()
        now[np.isin(now, pair)] = t
    yield now


@given(label_maps(), SIMILARITIES)
def test_every_region_is_a_union_of_two_that_touch_and_has_its_box(labels, similarity):
    hierarchy = hierarchical_grouping(measure_regions(labels, image_of(labels)), similarity)
    count = labels.max() + 1
    assert len(hierarchy.box) == len(hierarchy.size) == 2 * count - 1 and hierarchy.parts.shape == (
        count - 1,
        2,
    )
    for now, pair in zip(maps_of(hierarchy, labels), hierarchy.parts, strict=False):
        codes = np.unique(now, return_inverse=True)
        touch = {tuple(codes[0][p].tolist()) for p in touching(codes[1].reshape(now.shape))}
        assert tuple(pair.tolist()) in touch
    for now in maps_of(hierarchy, labels):
        for r in np.unique(now):
            rows, columns = np.nonzero(now == r)
            assert hierarchy.size[r] == len(rows)
            assert hierarchy.box[r].tolist() == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    assert hierarchy.box[-1].tolist() == [0, 0, labels.shape[1], labels.shape[0]]


@given(label_maps(), SIMILARITIES)
def test_a_merged_histogram_is_that_of_the_union(labels, similarity):
    image = image_of(labels)
    for step in hierarchical_grouping.trace(measure_regions(labels, image), similarity).named("merge"):
        parts = [
            part for part, of in zip(*_leaves(step.parts, labels.max() + 1), strict=True) if of == step.t
        ]
        union = np.isin(labels, parts).astype(int)
        whole = measure_regions(union, image) if not union.all() else measure_regions(union * 0, image)
        for mine, measured in ((step.colour, whole.colour), (step.texture, whole.texture)):
            assert close(mine[step.t], measured[-1], "float64 sums")
            weighted = (step.size[step.a] * mine[step.a] + step.size[step.b] * mine[step.b]) / step.size[
                step.t
            ]
            assert same_bits(mine[step.t], weighted)


def _leaves(parts, count):
    """First regions, and the last of `parts` that each belongs to, or itself."""
    of = list(range(count))
    for t, pair in enumerate(parts, start=count):
        of = [t if o in pair else o for o in of]
    return list(range(count)), of


def alike(labels, image, a, b, letters):
    """From the definitions, over the pixels of two regions of a label map."""
    pair = np.where(labels == a, 0, np.where(labels == b, 1, 2))
    regions = measure_regions(pair, image)
    both = int(regions.size[0] + regions.size[1])
    low, high = regions.box[:2, :2].min(axis=0), regions.box[:2, 2:].max(axis=0)
    values = {
        "C": np.minimum(*regions.colour[:2]).sum(),
        "T": np.minimum(*regions.texture[:2]).sum(),
        "S": 1 - both / labels.size,
        "F": 1 - (int(np.prod(high - low)) - both) / labels.size,
    }
    return sum(values[letter] for letter in letters)


@given(label_maps(most=4), SIMILARITIES)
def test_every_merge_is_of_the_most_similar_pair(labels, similarity):
    image = image_of(labels)
    hierarchy = hierarchical_grouping(measure_regions(labels, image), similarity)
    for now, (a, b) in zip(maps_of(hierarchy, labels), hierarchy.parts, strict=False):
        numbers, codes = np.unique(now, return_inverse=True)
        pairs = numbers[touching(codes.reshape(now.shape))]
        every = [alike(now, image, *pair, similarity) for pair in pairs]
        chosen = every[pairs.tolist().index([a, b])]
        assert chosen >= max(every) or close(chosen, max(every), "float64 sums")


@given(label_maps(), SIMILARITIES)
def test_the_trace_ends_with_the_result(labels, similarity):
    regions = measure_regions(labels, image_of(labels))
    trace, result = (
        hierarchical_grouping.trace(regions, similarity),
        hierarchical_grouping(regions, similarity),
    )
    assert same_bits(trace.result.box, result.box) and same_bits(trace.result.parts, result.parts)
    assert len(trace.named("merge")) == len(result.parts) and all(step.note for step in trace)


# Bad input


@pytest.mark.parametrize("similarity", ["", "X", "CC", "ctsf", None, 3, ["C"]])
def test_other_letters_are_refused(similarity):
    regions = measure_regions([[0]], [[0]])
    with pytest.raises(ValueError, match="similarity: .* came; wanted some of the letters CTSF"):
        hierarchical_grouping(regions, similarity)


def test_something_else_than_regions_is_refused():
    with pytest.raises(TypeError, match="regions: .* came; wanted what measure_regions"):
        hierarchical_grouping(np.zeros((2, 2), int))
