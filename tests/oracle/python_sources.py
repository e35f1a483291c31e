"""Functions taken out of a system's Python files, whose packages import much that these do not need."""

from __future__ import annotations
import __future__

import ast

import numpy as np


def taken(path, names, namespace):
    """Run the definitions of these names in `namespace`, without their decorators."""
    body = [node for node in ast.parse(path.read_text()).body if getattr(node, "name", None) in names]
    for node in body:
        node.decorator_list = []
    flags = __future__.annotations.compiler_flag
    exec(compile(ast.Module(body, []), str(path), "exec", flags), namespace)
    return namespace


def tensors(*arrays):
    import torch

    return [torch.tensor(array) for array in arrays]


def of_pairs(function, first, second):
    """What a function of aligned boxes says of every pair."""
    rows = np.repeat(first, len(second), axis=0), np.tile(second, (len(first), 1))
    return function(*tensors(*rows)).numpy().reshape(len(first), len(second))
