"""What ``refdet steps`` knows by name: every algorithm with steps, its worked example, and what that has to give.

Expected numbers come from the specification (docs/spec) or a pencil, never from refdet itself.
"""

from refdet.cli.worked_examples import (
    assignment,
    classical,
    encoding,
    evaluation,
    labels,
    losses,
    overlap_gradients,
    overlaps,
    proposals,
    regions,
    suppression,
)

CHAPTERS = {
    "Boxes and overlaps": overlaps.EXAMPLES,
    "Gradients of overlaps": overlap_gradients.EXAMPLES,
    "Suppression": suppression.EXAMPLES,
    "Proposals": proposals.EXAMPLES,
    "Regions of interest": regions.EXAMPLES,
    "Encoding": encoding.EXAMPLES,
    "Labels of proposals": labels.EXAMPLES,
    "Assignment": assignment.EXAMPLES,
    "R-CNN's classical stages": classical.EXAMPLES,
    "Losses": losses.EXAMPLES,
    "Evaluation": evaluation.EXAMPLES,
}

EXAMPLES = {name: example for chapter in CHAPTERS.values() for name, example in chapter.items()}
