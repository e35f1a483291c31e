"""The systems themselves, where they are installed: the recorded answers, and fresh random cases.

Another version than the recorded one gets a warning for each difference, not a failure.
"""

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import same_bits

from refdet.profiles import PROFILES

from . import average_precision, recordings
from .cases import Stream
from .groups import DISAGREEMENTS, FRESH, GROUPS
from .record import answer
from .replay import agree, attempt, recorded, told
from .replay import given as cases_of
from .systems import SYSTEMS

# The systems' own imports warn of much; a warning of ours stays one.
pytestmark = [
    pytest.mark.oracle,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.filterwarnings("default:recorded with"),
]
VERSIONS = recordings.load_text("versions.json")
OPS_OF = [(system, op) for system in SYSTEMS for op in SYSTEMS[system].ops]


def groups(table, system, op):
    """Names of the groups of one op."""
    return [name for name in table.get(system, ()) if name.startswith(f"{op}/")]


def drawable(system, op):
    """Groups that refdet agrees on, and that can be drawn again."""
    return [name for name in groups(FRESH, system, op) if (system, name) not in DISAGREEMENTS]


def installed(system):
    """The versions that are here; skips the test if something is missing."""
    try:
        return SYSTEMS[system].versions()
    except LookupError as missing:
        pytest.skip(str(missing))


def run(system, group, arguments):
    """The system's answer; skips if this machine cannot run it as it was."""
    try:
        return answer(SYSTEMS[system].ops[group.partition("/")[0]], arguments)
    except LookupError as missing:
        pytest.skip(str(missing))


def judge(same, versions, system, text):
    """Fail on a difference from the recorded version, warn of one from another version."""
    if same:
        return
    if versions == VERSIONS[system]:
        pytest.fail(text)
    warnings.warn(f"recorded with {VERSIONS[system]}, this is {versions}: {text}", stacklevel=2)


@pytest.mark.parametrize(("system", "op"), OPS_OF)
def test_the_system_gives_what_was_recorded(system, op):
    versions = installed(system)
    for group in groups(GROUPS, system, op):
        for i, (arguments, was) in enumerate(
            zip(cases_of(system, group), recorded(system)[group], strict=True)
        ):
            now = run(system, group, arguments)
            judge(
                same_bits(now, was),
                versions,
                system,
                f"{group}, case {i}: {was!r} was recorded, now it is {now!r}",
            )


@pytest.mark.parametrize(("system", "op"), [pair for pair in OPS_OF if drawable(*pair)])
@given(data=st.data())
def test_refdet_agrees_with_the_system_on_fresh_cases(system, op, data):
    versions = installed(system)
    group = data.draw(st.sampled_from(drawable(system, op)))
    seed = data.draw(st.integers(0, 2**32 - 1))
    arguments = FRESH[system][group](Stream(seed))
    theirs = run(system, group, arguments)
    ours = attempt(group, arguments, PROFILES[system])
    same = not isinstance(ours, ValueError) and agree(group, ours, theirs)
    judge(same, versions, system, told((seed, arguments, theirs, ours)))


@pytest.mark.parametrize("system", [*average_precision.RUNNERS, *average_precision.CURVE_RUNNERS])
def test_the_evaluator_gives_what_was_recorded(system):
    versions = installed(system)
    was = recordings.load_text(f"{system}_average_precision.json")
    now = average_precision.record(system)
    judge(now == was, versions, system, f"{was} was recorded, now it is {now}")


def test_a_difference_fails_but_only_warns_of_another_version():
    judge(True, {"pycocotools": "0"}, "coco", "no difference")
    with pytest.warns(UserWarning, match="recorded with .* this is .*'0'.*: other"):
        judge(False, {"pycocotools": "0"}, "coco", "other")
    with pytest.raises(pytest.fail.Exception, match="other"):
        judge(False, VERSIONS["coco"], "coco", "other")
