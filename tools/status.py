"""How much of the published specification is built: for each item its function, its test and its page.

    python tools/status.py            a table of the items that lack something, and the counts
    python tools/status.py --all      every item

An item of docs/spec/ counts as built where its ID stands in the package, as tested where it stands in
tests/, and as explained where it stands in docs/ outside docs/spec/.
"""

from __future__ import annotations

import argparse
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ITEM = re.compile(
    r"\b(?:C|BOX|IOU|NMS|PROP|ROI|ANC|ENC|MAT|SMP|HUN|LOSS|LAY|AUG|REG|EVO|EVAL|ERR|RCNN|DETR)-\d+\b"
)
RANGE = re.compile(r"\b([A-Z]+)-(\d+) to (?:[A-Z]+-)?(\d+)\b")
PLACES = {"function": ("refdet", "*.py"), "test": ("tests", "*.py"), "page": ("docs", "*.md")}


def items():
    """IDs of the published specification, in order, with the file each stands in."""
    return {
        heading[1]: path.relative_to(ROOT)
        for path in sorted((ROOT / "docs" / "spec").glob("*.md"))
        for heading in re.finditer(r"^## ([A-Z]+-\d+)", path.read_text(), re.M)
    }


def mentioned(text):
    """Every ID that the text names, ranges such as "ROI-2 to ROI-5" spelled out."""
    spelled = {f"{m[1]}-{i}" for m in RANGE.finditer(text) for i in range(int(m[2]), int(m[3]) + 1)}
    return spelled | set(ITEM.findall(text))


def status():
    """For each item: place -> files that name it."""
    found = {item: defaultdict(list) for item in items()}
    for place, (folder, pattern) in PLACES.items():
        for path in sorted((ROOT / folder).rglob(pattern)):
            # Neither the specification itself nor the test of this table explains or tests an item.
            if (place == "page" and "spec" in path.relative_to(ROOT).parts) or path.name == "test_spec.py":
                continue
            for item in mentioned(path.read_text()) & set(found):
                found[item][place].append(str(path.relative_to(ROOT)))
    return found


def main(argv=None):
    """Print the table; 0 if nothing is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--all", action="store_true", help="every item, not only those that lack something")
    args = parser.parse_args(argv)
    found = status()
    complete = [item for item, places in found.items() if all(places[place] for place in PLACES)]
    for item, places in found.items():
        if args.all or item not in complete:
            row = "  ".join(f"{(places[p] or ['-- no ' + p])[0]:44s}" for p in PLACES)
            print(f"{item:9s} {row}")
    print(f"{len(complete)} of {len(found)} published items have function, test and page")
    return 0 if len(complete) == len(found) else 1


if __name__ == "__main__":
    raise SystemExit(main())
