"""The places of a C++ text that can be changed once: comparisons, constants, indices, operators and roundings."""

import re

SKIPPED = "|".join(
    [
        r"//[^\n]*",
        r"/\*.*?\*/",
        r"^[ ]*#(?:[^\n]*\\\n)*[^\n]*",
        r'"(?:\\.|[^"\\\n])*"',
        r"'(?:\\.|[^'\\\n])+'",
        r"\[[&=,\w ]*\](?=\()",
    ]
)
"""What is no arithmetic: comments, the preprocessor's lines, texts, and what a lambda captures."""

CHANGES = (
    (r" (<|>|<=|>=|==|!=) ", {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}),
    (r" ([-+*/])=? ", {"+": "-", "-": "+", "*": "/", "/": "*"}),
    (r" (&&|\|\|) ", {"&&": "||", "||": "&&"}),
    (
        r"\b(floor|ceil|trunc|min|max|larger|smaller)(?=\()",
        dict(
            floor="ceil",
            ceil="floor",
            trunc="floor",
            min="max",
            max="min",
            larger="smaller",
            smaller="larger",
        ),
    ),
    (r"\b(true|false)\b", {"true": "false", "false": "true"}),
)
NUMBER = r"(?<![\w.])(\d+(?:\.\d+)?)(e-?\d+)?(f?)(?![\w.])"
INDEX = r"(?<=[\w\])])\[(\w+)\]"


def count(source):
    """How many places there are."""
    return len(_places(source))


def _places(source):
    """Begin and end of each place, and what stands there instead."""
    code = re.sub(SKIPPED, lambda found: re.sub(r"[^\n]", "\0", found[0]), source, flags=re.M | re.S)
    found = [
        (*part.span(1), become[part[1]])
        for pattern, become in CHANGES
        for part in re.finditer(pattern, code)
        if not _declares(code, part)
    ]
    for part in re.finditer(NUMBER, code):
        more = f"{float(part[1]) + 1:g}" if "." in part[1] else str(int(part[1]) + 1)
        found.append((*part.span(1), more))
    found += [(*part.span(1), f"{part[1]} + 1") for part in re.finditer(INDEX, code) if not part[1].isdigit()]
    return sorted(found)


def _declares(code, part):
    """True of a sign that belongs to a type: a pointer, or a template's bracket."""
    line = code[code.rfind("\n", 0, part.start()) + 1 : part.end()]
    return bool(re.search(r"\b(template <|const real|real) ?[*&<]?\s*$", line)) or line.lstrip().startswith(
        "template"
    )


def mutant(source, number):
    """Line, what was there and is there now, and the text with that one place changed."""
    begin, end, become = _places(source)[number]
    line = source.count("\n", 0, begin) + 1
    left, right = source.rfind("\n", 0, begin) + 1, source.find("\n", end)
    around = source[left:begin].strip(), source[end:right].strip()
    return (
        line,
        f"{around[0]} {source[begin:end]} {around[1]}".strip(),
        f"{around[0]} {become} {around[1]}".strip(),
        source[:begin] + become + source[end:],
    )
