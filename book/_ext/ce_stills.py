"""Pictures that show in a notebook that nobody has trusted yet.

JupyterLab strips inline SVG from a notebook that came from elsewhere, until its cells
have been run here. An image whose address holds the same SVG passes, since it can
run nothing. It does not see the page's theme either, so it brings a light ground.
"""

from __future__ import annotations

import base64
import html
import re

_SVG = re.compile(r"<svg\b([^>]*)>(.*?)</svg>", re.DOTALL)
_BOX = re.compile(r'viewBox="([^"]*)"')
_LABEL = re.compile(r'aria-label="([^"]*)"')
_PIXELS_A_POINT = 96 / 72


def still(markup: str) -> str:
    """Return HTML with its drawings as images; without a drawing, unchanged."""
    drawings = _SVG.findall(markup)
    if not drawings:
        return markup
    label = _LABEL.search(markup)
    alt = html.unescape(label.group(1)) if label else ""
    images = [
        # One description for the whole picture, as on the page.
        _image(attributes, content, "" if number else alt)
        for number, (attributes, content) in enumerate(drawings)
    ]
    return f"<div>{' '.join(images)}</div>"


def _image(attributes: str, content: str, alt: str) -> str:
    box = _BOX.search(attributes)
    _, _, width, height = (box.group(1) if box else "0 0 300 150").split()
    size = (
        f'width="{float(width) * _PIXELS_A_POINT:.0f}" '
        f'height="{float(height) * _PIXELS_A_POINT:.0f}"'
    )
    attributes = re.sub(r'\s(?:style|width|height)="[^"]*"', "", attributes)
    if "xmlns=" not in attributes:
        attributes += ' xmlns="http://www.w3.org/2000/svg"'
    ground = '<rect width="100%" height="100%" fill="#ffffff"/>'
    drawing = f"<svg{attributes} {size}>{ground}{content}</svg>"
    code = base64.b64encode(drawing.encode()).decode()
    address = f"data:image/svg+xml;base64,{code}"
    return f'<img alt="{html.escape(alt)}" {size} src="{address}">'
