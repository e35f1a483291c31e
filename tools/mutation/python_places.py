"""The places of a Python text that can be changed once: comparisons, constants, indices, operators and roundings."""

import ast

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

    def visit_Subscript(self, node):
        """An index that is a name, the next one."""
        if isinstance(node.slice, ast.Name):
            after = ast.BinOp(node.slice, ast.Add(), ast.Constant(1))
            self.found.append((node, ("slice",), after))
        self.generic_visit(node)

    def visit_Attribute(self, node):
        """Roundings and extremes."""
        if node.attr in FUNCTIONS:
            self.found.append((node, ("attr",), FUNCTIONS[node.attr]))
        self.generic_visit(node)


def count(source):
    """How many places there are."""
    return len(_places(source)[1])


def _places(source):
    tree, visitor = ast.parse(source), Places()
    for part in tree.body:
        if isinstance(part, (ast.FunctionDef, ast.ClassDef)):
            visitor.visit(part)
    return tree, visitor.found


def mutant(source, number):
    """Line, what was there and is there now, and the text with that one place changed."""
    tree, found = _places(source)
    node, path, value = found[number]
    before = ast.unparse(node)
    if len(path) == 2:
        getattr(node, path[0])[path[1]] = value
    else:
        setattr(node, path[0], value)
    return node.lineno, before, ast.unparse(node), ast.unparse(tree)
