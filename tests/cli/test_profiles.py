"""``refdet profiles``: the list, one profile, and where two differ."""

from dataclasses import fields

import pytest

from refdet.profiles import PROFILES


def test_the_list_names_every_system(refdet):
    lines = refdet("profiles").out.splitlines()
    assert [line.split()[0] for line in lines] == list(PROFILES)
    assert all(profile.system in line for profile, line in zip(PROFILES.values(), lines, strict=True))


@pytest.mark.parametrize("name", PROFILES)
def test_one_profile_shows_every_field(name, refdet):
    out = refdet("profiles", name).out
    assert out.startswith(f"{PROFILES[name].name}: {PROFILES[name].system}\n")
    for part in ("overlap", "suppression", "roi", "average_precision"):
        rule = getattr(PROFILES[name], part)
        rows = [f"{part} no such operation"]
        if rule is not None:
            rows = [f"{part}.{field.name} {getattr(rule, field.name)}" for field in fields(rule)]
        assert all(row in " ".join(out.split()) for row in rows)


def test_two_profiles_show_only_what_differs(refdet):
    rows = [line.split() for line in refdet("profiles", "refdet", "fast_rcnn").out.splitlines()[3:]]
    assert ["overlap.plus_one", "0", "1"] in rows
    assert ["suppression.inclusive", "False", "True"] in rows
    assert not any(row[0] == "overlap.division" for row in rows)


def test_a_part_that_one_system_lacks_is_one_row(refdet):
    out = refdet("profiles", "refdet", "coco").out
    assert "suppression                           has a rule                no such operation\n" in out
    assert "suppression.ties" not in out


def test_a_profile_does_not_differ_from_itself(refdet):
    assert "no field differs" in refdet("profiles", "ONNX", "onnx").out


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["yolo"], "'yolo' came; wanted one of refdet, torchvision"),
        (["refdet", "onnx", "coco"], "3 names came; wanted none, one or two"),
    ],
)
def test_other_names_are_refused(names, message, refdet):
    done = refdet("profiles", *names)
    assert done.code == 2 and done.err.startswith(f"refdet profiles: {message}")


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_has_its_precision_in_the_commands(name, tmp_path, refdet):
    path = tmp_path / "boxes.csv"
    path.write_text("0,0,4,2,0.9\n0,0,4,4,0.8\n")
    done = refdet("iou", path, path, "--profile", name)
    assert done.code == 0 and f"profile {name}, float" in done.out
    if PROFILES[name].suppression is None:
        return
    for method in ("nms", "diou", "soft-linear"):
        done = refdet("nms", path, "--profile", name, "--method", method)
        assert done.code == 0 and f"profile {name}, float" in done.out
