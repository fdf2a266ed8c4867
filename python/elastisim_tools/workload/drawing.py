"""Figures for papers, in the style of elastisim-report's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .record import LogError

FORMATS = ('.svg', '.pdf', '.png')


def figure_for(path: Path, height: float = 4.6) -> Any:
    """An empty figure of matplotlib's, which is only needed here. Raises LogError for a name that is no format's."""
    if path.suffix not in FORMATS:
        raise LogError(f"--figure {path}: '{path.suffix}' is not a format; end the name in .svg, .pdf or .png")
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise LogError('--figure needs matplotlib; install python3-matplotlib') from None
    return Figure(figsize=(7, height), layout='constrained')


def save_figure(figure: Any, path: Path) -> None:
    """Without the date, so that equal figures are equal files."""
    dates = {'.svg': {'Date': None}, '.pdf': {'CreationDate': None}}
    import matplotlib
    with matplotlib.rc_context({'svg.hashsalt': 'elastisim', 'svg.fonttype': 'none', 'pdf.fonttype': 42}):
        figure.savefig(path, metadata=dates.get(path.suffix), dpi=200)
