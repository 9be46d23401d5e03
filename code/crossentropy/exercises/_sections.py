"""The sections of the book that exercises point to.

The tests hold each entry equal to a label and its heading in a chapter.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

_BOOK = Path(__file__).resolve().parents[3] / "book"

_PAGES = {
    "information": ("information.md", "Information"),
    "softmax": ("softmax.md", "Softmax"),
    "loss": ("loss.md", "The loss"),
    "gradient": ("gradient.md", "The gradient"),
    "floating": ("floating-point.md", "In floating point"),
    "labels": ("labels.md", "One label or many"),
    "smoothing": ("smoothing.md", "Label smoothing"),
}

HEADINGS = {
    "information-surprisal": "How surprising is an outcome?",
    "information-entropy": "Entropy: the surprise to expect",
    "information-cross-entropy": "The wrong code: cross-entropy",
    "information-perplexity": "What does a loss of 1.3 mean?",
    "softmax-definition": "From scores to shares",
    "softmax-why-exp": "Why the exponential?",
    "softmax-shift": "Only differences count",
    "softmax-temperature": "Temperature",
    "softmax-two-classes": "Two classes: the sigmoid",
    "softmax-logsumexp": "The function behind it: logsumexp",
    "softmax-jacobian": "The derivative: every output depends on every logit",
    "softmax-when": "When do I need softmax?",
    "loss-composition": "One function of the logits",
    "loss-labels": "Hard labels and soft labels",
    "loss-values": "What a value of the loss tells",
    "loss-rivals": "The rivals",
    "loss-double-softmax": "A softmax too many",
    "loss-reduction": "Mean, sum, and accumulated gradients",
    "gradient-by-hand": "First witness: by hand",
    "gradient-finite-differences": "Third witness: finite differences",
    "gradient-autograd": "Fourth witness: automatic differentiation",
    "gradient-reading": "What the gradient says",
    "gradient-step": "One step downhill",
    "floating-range": "Too large, too small",
    "floating-cancellation": "Right answers that cancel",
    "floating-log1p": "The loss of a confident model",
    "floating-epsilon": "What epsilons do",
    "floating-nan": "Where a nan comes from",
    "labels-questions": "Three questions",
    "labels-bernoulli": "Binary cross-entropy from a likelihood",
    "labels-one-or-two": "One sigmoid, one softmax pair, two sigmoids",
    "labels-scenes": "On images",
    "labels-thresholds": "Thresholds belong to decisions",
    "labels-imbalance": "Rare labels",
    "smoothing-conventions": "Two conventions",
    "smoothing-calibration": "Believing the probabilities",
    "smoothing-ece": "What the ECE does not see",
}


class Section(NamedTuple):
    """A section: its label, its heading, its chapter, and that chapter's file."""

    label: str
    heading: str
    chapter: str
    file: str

    @property
    def words(self) -> str:
        """Where it stands, in words."""
        return f'"{self.heading}" in the chapter "{self.chapter}"'

    def markdown(self, folder: Path | None = None) -> str:
        """Return a link from a folder (by default this process's) to the chapter.

        The link is relative and leads to the chapter's source, which JupyterLab opens
        and Sphinx turns into a link to the page. Without the book there is no link.
        """
        way = _way_to_book(folder)
        if way is None:
            return self.words
        link = f"[{self.heading}]({way}{self.file}#{slug(self.heading)})"
        return f"{link} in the chapter *{self.chapter}*"


def section(label: str) -> Section:
    """Return the section with a label."""
    file, chapter = _PAGES[label.partition("-")[0]]
    return Section(label, HEADINGS[label], chapter, file)


def slug(heading: str) -> str:
    """Return the anchor that Markdown makes of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _way_to_book(folder: Path | None) -> str | None:
    if not _BOOK.is_dir():
        return None
    try:
        way = os.path.relpath(_BOOK, Path.cwd() if folder is None else folder.resolve())
    except (OSError, ValueError):  # no folder any more, or another drive
        return None
    return "" if way == "." else Path(way).as_posix() + "/"
