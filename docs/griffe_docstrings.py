"""Docstrings as the site shows them: examples become code, and the lines on source and validity stand out."""

import re
from typing import Any

import griffe

EXAMPLE = re.compile(r"^>>> .*?(?=\n\s*\n|\Z)", re.MULTILINE | re.DOTALL)
REMARK = re.compile(r"^(Source|Errata|Valid): ", re.MULTILINE)


class Docstrings(griffe.Extension):
    """Turn doctests into code blocks and set remarks apart, before anything is rendered."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite the docstring of one object."""
        if obj.docstring:
            shown = EXAMPLE.sub(lambda found: f"```python\n{found[0]}\n```", obj.docstring.value)
            obj.docstring.value = REMARK.sub(r"\n**\1:** ", shown)
