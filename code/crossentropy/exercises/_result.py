"""What ``check`` says."""

from __future__ import annotations

from dataclasses import dataclass

from crossentropy.exercises._sections import section


@dataclass(frozen=True, repr=False)
class Result:
    """The verdict on an answer; true if it is right.

    Attributes
    ----------
    exercise
        Its name.
    right
        Whether every property holds.
    says
        The verdict in one sentence.
    idea
        The name of the wrong idea that was recognised, or an empty string.
    example
        A small example: the call, what it gave, what was expected.
    why
        What is behind it.
    section
        Label of the section of the book that explains it, or an empty string.
    remarks
        What does not matter for the verdict but is worth knowing.
    """

    exercise: str
    right: bool
    says: str
    idea: str = ""
    example: str = ""
    why: str = ""
    section: str = ""
    remarks: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.right

    @property
    def verdict(self) -> str:
        """The first word or words: what became of the answer."""
        if self.right:
            return "right"
        return f"a known wrong idea: {self.idea}" if self.idea else "not yet"

    def __repr__(self) -> str:
        parts = [f"{self.exercise}: {self.verdict}. {self.says}".rstrip()]
        if self.example:
            lines = self.example.splitlines()
            parts.append("\n".join(f"    {line}" for line in lines))
        parts.append(self.why)
        if self.section:
            parts.append(f"Read {section(self.section).words}.")
        parts += [f"Remark: {remark}" for remark in self.remarks]
        return "\n\n".join(part for part in parts if part)

    def _repr_markdown_(self) -> str:
        """Return the same as Markdown, with a link to the section."""
        verdict = self.verdict[0].upper() + self.verdict[1:]
        parts = [f"`{self.exercise}`: **{verdict}.** {self.says}".rstrip()]
        if self.example:
            parts.append(f"```text\n{self.example}\n```")
        parts.append(self.why)
        if self.section:
            parts.append(f"Read {section(self.section).markdown()}.")
        parts += [f"*Remark:* {remark}" for remark in self.remarks]
        return "\n\n".join(part for part in parts if part)
