"""What a step costs when nobody looks: `nms(...)` against the same body with its yields removed.

    python -m benchmarks.stepwise_cost            prints the table, writes benchmarks/results/stepwise_cost.json

Both run the same check; the median over rounds of the ratio of process CPU times, the two in turn.
"""

from __future__ import annotations

import ast
import inspect
import json
import statistics
import textwrap
import time
from pathlib import Path

import numpy as np

from benchmarks import machine
from refdet.ops import nms as module

ROUNDS, GOAL = 15, 1.03


class _WithoutYields(ast.NodeTransformer):
    def visit_Expr(self, node):
        return None if isinstance(node.value, ast.Yield) else node


def plain(function, check):
    """The function of a stepwise body whose yields are gone."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    tree.body[0].decorator_list = []
    scope = dict(vars(module))
    exec(compile(ast.fix_missing_locations(_WithoutYields().visit(tree)), "<without yields>", "exec"), scope)
    body = scope[function.__name__]

    def call(boxes, scores, threshold):
        *values, convention = check(boxes, scores, threshold)
        return body(*values, convention=convention)

    return call


def seconds(function, case, calls):
    """Processor time of so many calls."""
    start = time.process_time()
    for _ in range(calls):
        function(*case)
    return time.process_time() - start


def main():
    """Measure, print, write."""
    without = plain(module.nms, module.check_nms)
    rng, rows = np.random.default_rng(0), []
    for count in (10, 100, 1000, 4000):
        corner = rng.uniform(0, 1000, (count, 2))
        case = np.hstack([corner, corner + rng.uniform(10, 60, (count, 2))]), rng.random(count), 0.5
        assert module.nms(*case).tolist() == without(*case).tolist()
        calls = max(1, 2000 // count)
        seconds(module.nms, case, calls), seconds(without, case, calls)
        pairs = [(seconds(module.nms, case, calls), seconds(without, case, calls)) for _ in range(ROUNDS)]
        ratio = statistics.median(a / b for a, b in pairs)
        rows.append({"boxes": count, "ratio": round(ratio, 4), "ms": round(1000 * pairs[0][0] / calls, 3)})
        print(
            f"{count:6d} boxes   {ratio:.3f} x the body without yields   (goal <= {GOAL} from 100 boxes on)"
        )
    result = {**machine.heading("python -m benchmarks.stepwise_cost"), "seed": 0, "rows": rows}
    path = Path(__file__).parent / "results" / "stepwise_cost.json"
    path.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
