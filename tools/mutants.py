"""How many faults `refdet verify` sees: every comparison, constant, operator and rounding of a reference changed once.

``python tools/mutants.py refdet/ops/nms.py`` copies the package, changes one place, tries the operations of that file
under every profile, and goes on with the next place; ``--json FILE`` keeps what came of each, and a run that was
stopped goes on from there. A mutant that no case tells from the original may be equivalent; EQUIVALENT says why.
"""

import argparse
import ast
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]

OPS = {
    "box_iou": ("box_iou", "nms"),
    "overlaps": ("generalized_box_iou", "distance_box_iou", "complete_box_iou", "diou_nms"),
    "nms": ("nms", "batched_nms"),
    "diou_nms": ("diou_nms",),
    "soft_nms": ("soft_nms",),
    "roi_pool": ("roi_pool", "roi_pool_with_argmax", "roi_pool_backward"),
    "roi_align": ("roi_align", "roi_align_backward"),
}
"""What is tried of each file."""

COMPARISONS = {
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}
OPERATORS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult}
FUNCTIONS = {
    "floor": "ceil",
    "ceil": "floor",
    "trunc": "floor",
    "minimum": "maximum",
    "maximum": "minimum",
    "argmax": "argmin",
    "any": "all",
    "all": "any",
}

TRIAL = """
import sys
from refdet.profiles import PROFILES
from refdet.verify.contracts import CONTRACTS
from refdet.verify.run import Plan, planned
from refdet.verify.target import InProcess
from refdet.verify.trial import trial
for op in sys.argv[1:]:
    contract = CONTRACTS[op]
    for name, convention in PROFILES.items():
        if contract.here(convention):
            target = InProcess(lambda *given: contract.reference(*given, convention=convention))
            plan = Plan(convention, max_examples=120)
            for case in planned(contract, plan):
                found = trial(contract, target, case, plan.terms, False)
                if found.failed:
                    print(f"{op}, {name}, {case.family}: {found.words}")
                    sys.exit(1)
"""


class Places(ast.NodeVisitor):
    """Every node of function bodies that can be changed, with what it becomes; checks of arguments are left alone."""

    def __init__(self):
        self.found = []

    def visit_FunctionDef(self, node):
        """The body alone: no decorators, no annotations, no defaults, no documentation, no check."""
        if node.name.lstrip("_").startswith("check"):
            return
        for part in node.body:
            if not (isinstance(part, ast.Expr) and isinstance(part.value, (ast.Constant, ast.Yield))):
                self.visit(part)

    def visit_AnnAssign(self, node):
        """The value alone."""
        if node.value is not None:
            self.visit(node.value)

    def visit_Compare(self, node):
        """Each comparison with its neighbour."""
        for place, operator in enumerate(node.ops):
            if type(operator) in COMPARISONS:
                self.found.append((node, ("ops", place), COMPARISONS[type(operator)]()))
        self.generic_visit(node)

    def visit_BinOp(self, node):
        """Sums and products."""
        if type(node.op) in OPERATORS:
            self.found.append((node, ("op",), OPERATORS[type(node.op)]()))
        self.generic_visit(node)

    def visit_AugAssign(self, node):
        """The same, in place."""
        if type(node.op) in OPERATORS:
            self.found.append((node, ("op",), OPERATORS[type(node.op)]()))
        self.generic_visit(node)

    def visit_Constant(self, node):
        """Numbers, one more, and truth values."""
        if isinstance(node.value, bool):
            self.found.append((node, ("value",), not node.value))
        elif isinstance(node.value, (int, float)):
            self.found.append((node, ("value",), node.value + 1))

    def visit_Attribute(self, node):
        """Roundings and extremes."""
        if node.attr in FUNCTIONS:
            self.found.append((node, ("attr",), FUNCTIONS[node.attr]))
        self.generic_visit(node)


def places(source):
    """The tree of a text, and what can be changed in it."""
    tree, visitor = ast.parse(source), Places()
    for part in tree.body:
        if isinstance(part, (ast.FunctionDef, ast.ClassDef)):
            visitor.visit(part)
    return tree, visitor.found


def mutant(source, number):
    """Line, what was there and is there now, and the text with that one place changed."""
    tree, found = places(source)
    node, path, value = found[number]
    before = ast.unparse(node)
    if len(path) == 2:
        getattr(node, path[0])[path[1]] = value
    else:
        setattr(node, path[0], value)
    return node.lineno, before, ast.unparse(node), ast.unparse(tree)


def tried(folder, ops, seconds):
    """What killed a mutant, in words; "" if it survives."""
    command = [sys.executable, "-W", "ignore", "-c", TRIAL, *ops]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return f"did not end within {seconds:g} s"
    if done.returncode == 0:
        return ""
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def main():
    """Print each mutant and how many are seen."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="references, such as refdet/ops/nms.py"
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="what came of each; what is there is not repeated"
    )
    parser.add_argument("--seconds", type=float, default=300.0, help="for one mutant (300)")
    args = parser.parse_args()
    told = json.loads(args.json.read_text()) if args.json and args.json.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(
            ROOT / "refdet", Path(folder) / "refdet", ignore=shutil.ignore_patterns("__pycache__")
        )
        for file in args.files:
            copy = Path(folder) / file.resolve().relative_to(ROOT)
            source = copy.read_text()
            for number in range(len(places(source)[1])):
                line, before, after, text = mutant(source, number)
                key = f"{copy.relative_to(folder)}:{line} #{number}"
                if key in told:
                    continue
                copy.write_text(text)
                told[key] = {
                    "was": before,
                    "is": after,
                    "killed": tried(folder, OPS[file.stem], args.seconds),
                }
                print(
                    f"{'killed' if told[key]['killed'] else 'SURVIVED':<9}{key}  {before}  ->  {after}",
                    flush=True,
                )
                if args.json:
                    args.json.write_text(json.dumps(told, indent=1) + "\n")
            copy.write_text(source)
    killed = sum(bool(entry["killed"]) for entry in told.values())
    print(f"{killed} of {len(told)} mutants killed, {len(told) - killed} survive")


if __name__ == "__main__":
    main()
