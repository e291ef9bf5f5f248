"""Where a value stands in the inventory."""

from typing import NamedTuple


class Origin(NamedTuple):
    """A place in an inventory file: ``file`` relative to the inventory root in POSIX form, ``line`` and ``column`` counted from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"
