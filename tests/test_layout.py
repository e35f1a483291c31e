"""The house rules that a reader relies on: floors, stems, step names, sizes, no shadowed modules."""

import ast
import importlib
import inspect
import re
from pathlib import Path

import pytest

import refdet
from refdet import kernels

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "refdet"
OPS = sorted(
    path.stem
    for path in (PACKAGE / "ops").glob("*.py")
    if path.stem != "__init__" and not path.stem.endswith("_checks")
)

# Imports go down only: a module may import from its own package and from lower floors.
FLOORS = [
    {"trace_json", "captions", "rule"},
    {"overlap_rule", "roi_rule"},
    {"conventions", "stepwise"},
    {"checks", "executors"},
    {"profiles", "roi_checks", "object_checks"},
    {"boxes"},
    {"detections", "ops"},
    {"kernels"},
    {"nn", "anchors", "matching"},
    {"losses", "proposals", "classical"},
    {"augmentation", "data", "weights", "evaluation", "training"},
    {"detectors"},
    {"evolution"},
    {"viz", "report"},
    {"verify"},
    {"testing", "lessons"},
    {"cli"},
    {"__main__"},
]
RANK = {name: rank for rank, floor in enumerate(FLOORS) for name in floor}
# `import refdet` brings the public names: who does so stands above the ops.
RANK[""] = RANK["ops"]

# Functions of refdet.ops that no kernel repeats, each with its reason.
WITHOUT_KERNEL = {
    "aligned_box_iou": "one pass over N boxes; the diagonal of box_iou, which has kernels",
    "aligned_generalized_box_iou": "as aligned_box_iou",
    "aligned_distance_box_iou": "as aligned_box_iou",
    "aligned_complete_box_iou": "as aligned_box_iou",
    "batched_soft_nms": "a loop over classes around soft_nms, which has kernels",
    "batched_diou_nms": "a loop over classes around diou_nms, which has kernels",
}
# Files of refdet.ops that have no twin, none of whose functions a kernel repeats.
WITHOUT_TWINS = {
    "overlap_gradients": "a loss needs them for some hundred boxes; NumPy is fast enough",
    "overlap_slopes": "the steps of overlap_gradients",
    "overlap_kinds": "chooses among functions that have kernels",
}

LIMITS = {
    "refdet/ops": 250,
    "refdet/boxes": 250,
    "refdet/losses": 250,
    "refdet": 350,
    "csrc": 150,
    "csrc/emulator": 350,
    "tests": 300,
    "tools": 350,
    "benchmarks": 300,
}


def modules():
    return sorted(PACKAGE.rglob("*.py"))


def home(path):
    """The floor's name that a file belongs to: its package, or its stem at the top level."""
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else Path(parts[0]).stem


def imports(source):
    """Every refdet module that the source imports, wherever and however it does."""
    yield from re.findall(r"import_module\(f?\"(refdet\.[\w.]+)", source)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "refdet")
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "refdet":
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.level:
            raise AssertionError(f"relative import, line {node.lineno}: write refdet.…")


def upward(path, source):
    """Imports of that file that do not go down."""
    own = home(path)
    for name in imports(source):
        target = name.split(".")[1] if "." in name else ""
        if target in RANK and target != own and RANK[target] >= RANK[own]:
            yield f"{path.relative_to(ROOT)} ({own}) imports {name}"


def test_every_package_has_a_floor():
    unknown = {home(path) for path in modules()} - set(RANK) - {"__init__"}
    assert not unknown


def test_imports_go_down_only():
    assert [
        line
        for path in modules()
        if path.parent != PACKAGE or path.stem != "__init__"
        for line in upward(path, path.read_text())
    ] == []


def test_an_upward_import_is_seen():
    for planted in (
        "def f():\n    from refdet.kernels import cpp\n",
        "import refdet.kernels.cpp\n",
        "import refdet\n",
        'import importlib\nimportlib.import_module("refdet.kernels.cpp")\n',
    ):
        assert list(upward(PACKAGE / "ops" / "planted.py", planted)), planted
        assert not list(upward(PACKAGE / "cli" / "planted.py", planted))


@pytest.mark.parametrize("stem", OPS)
def test_an_op_has_its_twins_its_test_and_its_page(stem):
    twins = [f"csrc/{stem}.cpp", f"csrc/{stem}.cu"]
    for path in (f"tests/ops/test_{stem}.py", f"docs/ops/{stem}.md", *twins):
        assert (ROOT / path).is_file() == (stem not in WITHOUT_TWINS or path not in twins), path


def public_functions(stem):
    module = importlib.import_module(f"refdet.ops.{stem}")
    return {
        name: value
        for name, value in vars(module).items()
        if inspect.isfunction(value)
        and not inspect.isgeneratorfunction(value)  # a body that several forms share
        and value.__module__ == module.__name__
        and not name.startswith(("_", "check_"))
    }


@pytest.mark.parametrize("stem", OPS)
def test_every_function_is_public_and_paired_or_says_why_not(stem):
    for name, function in public_functions(stem).items():
        assert getattr(refdet, name) is function and name in refdet.__all__
        if name in WITHOUT_KERNEL or stem in WITHOUT_TWINS:
            with pytest.raises(ValueError, match=name):
                kernels.implementations(name)
        else:
            assert kernels.implementations(name)["numpy"] is function


def test_kernels_have_the_signature_of_their_reference():
    for op in kernels._REFERENCES:
        found = kernels.implementations(op)
        wanted = list(inspect.signature(found["numpy"]).parameters.values())
        for backend, function in found.items():
            given = [p for p in inspect.signature(function).parameters.values() if p.name != "threads"]
            assert [(p.name, p.kind, p.default) for p in given] == [
                (p.name, p.kind, p.default) for p in wanted
            ], f"{backend}.{op}"


def reference_steps(stem):
    """Step names in the order of the text: keys of yields, and ``# step:`` comments."""
    source = (PACKAGE / "ops" / f"{stem}.py").read_text()
    found = [(m.start(), m[1]) for m in re.finditer(r"# step: (\w+)", source)]
    found += [(m.start(), m[1]) for m in re.finditer(r'yield "(\w+): ', source)]
    skipped = {"shift"}  # the convention's, before any kernel
    if stem in ("soft_nms", "diou_nms"):
        skipped |= {"class", "merge"}  # of the batched forms, which have no kernel
    return [key for _, key in sorted(found) if key not in skipped]


def kernel_steps(text):
    """Step names in the order in which they first stand."""
    return list(dict.fromkeys(re.findall(r"// step: (\w+)", text)))


@pytest.mark.parametrize("stem", [stem for stem in OPS if stem not in WITHOUT_TWINS])
@pytest.mark.parametrize("suffix", ["cpp", "cu"])
def test_kernels_carry_the_steps_of_their_reference_in_order(stem, suffix):
    assert kernel_steps((ROOT / "csrc" / f"{stem}.{suffix}").read_text()) == reference_steps(stem)


@pytest.mark.parametrize("stem", OPS)
def test_docs_and_docstrings_carry_the_steps_in_order(stem):
    steps = reference_steps(stem)
    page = re.findall(r"^(?:- )?\*\*(\w+)\*\*", (ROOT / "docs" / "ops" / f"{stem}.md").read_text(), re.M)
    assert [key for key in page if key in steps] == steps
    notes = re.findall(r"^    (\w+)\. +[A-Z]", (PACKAGE / "ops" / f"{stem}.py").read_text(), re.M)
    assert [key for key in notes if key in steps] == steps


STEPPED_BOXES = [
    path.stem for path in sorted((PACKAGE / "boxes").glob("*.py")) if 'yield "' in path.read_text()
]


@pytest.mark.parametrize("stem", STEPPED_BOXES)
def test_boxes_carry_their_steps_in_their_docstrings_and_on_their_page(stem):
    """Each has a section on docs/coders.md or docs/boxes.md with its file's name in the heading."""
    source = (PACKAGE / "boxes" / f"{stem}.py").read_text()
    steps = re.findall(r'yield "(\w+): ', source)
    notes = re.findall(r"^    (\w+)\. +[A-Z]", source, re.M)
    pages = "\n## ".join((ROOT / "docs" / page).read_text() for page in ("coders.md", "boxes.md"))
    section = pages.split(f"(`{stem}.py`)\n")[1].split("\n## ")[0]
    page = re.findall(r"\*\*(\w+)\*\*", section)
    assert len(steps) >= 2 and [key for key in page if key in steps] == steps
    assert [key for key in notes if key in steps] == steps


def test_yields_are_constant_named_captions():
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            steps = (
                isinstance(node, ast.FunctionDef) and node.returns and "Steps" in ast.unparse(node.returns)
            )
            for inner in ast.walk(node) if steps else ():
                if isinstance(inner, ast.Yield):
                    assert isinstance(inner.value, ast.Constant) and re.match(
                        r"[a-z]+: .", inner.value.value
                    ), path


def test_no_package_exports_a_function_under_the_name_of_one_of_its_modules():
    for init in PACKAGE.rglob("__init__.py"):
        dotted = ".".join(["refdet", *init.parent.relative_to(PACKAGE).parts])
        package = importlib.import_module(dotted)
        for path in init.parent.iterdir():
            if (path.suffix == ".py" and path.stem != "__init__") or (path / "__init__.py").exists():
                value = getattr(package, path.stem, None)
                assert value is None or inspect.ismodule(value), f"{dotted}.{path.stem} hides a module"


def limit_of(path):
    folders = [str(parent) for parent in path.relative_to(ROOT).parents]
    return next(LIMITS[folder] for folder in folders if folder in LIMITS)


def test_files_stay_within_their_size():
    files = [
        *modules(),
        *(ROOT / "csrc").rglob("*.c*"),
        *(ROOT / "csrc").rglob("*.h"),
        *(path for folder in ("tests", "tools", "benchmarks") for path in (ROOT / folder).rglob("*.py")),
    ]
    lengths = {path.relative_to(ROOT): len(path.read_text().splitlines()) for path in files}
    assert {str(p): n for p, n in lengths.items() if n > limit_of(ROOT / p)} == {}


def test_public_functions_carry_type_hints():
    for name in refdet.__all__:
        function = getattr(refdet, name)
        if inspect.isfunction(function):
            signature = inspect.signature(function)
            hinted = [p.annotation for p in signature.parameters.values()] + [signature.return_annotation]
            assert inspect.Signature.empty not in hinted, name


def test_tolerances_stand_in_one_table():
    loose = re.compile(r"\b(?:np\.(?:allclose|isclose)|assert_allclose|pytest\.approx)\b|\b[ar]tol=")
    found = [
        p
        for p in (ROOT / "tests").rglob("*.py")
        if p.name != "test_layout.py" and loose.search(p.read_text())
    ]
    assert found == []


def test_names_say_something():
    banned = re.compile(r"(^|_)(utils?|misc|helpers?|common)(_|$)")
    assert [str(p) for p in modules() if banned.search(p.stem) or banned.search(p.parent.name)] == []
