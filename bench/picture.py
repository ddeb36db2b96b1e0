"""What each thing that must stay flat costs against its size, drawn as SVG."""

from collections.abc import Sequence
from html import escape
from math import log10
from pathlib import Path

from bench.table import Figure

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 1000, 420, 70, 400, 40, 50
SIZES = (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000)
COST_MAX = 4.0
COLOURS = ("#0b6e4f", "#c8553d", "#2e5eaa", "#8d6a9f", "#b08900", "#3d5a80", "#6b705c", "#9a031e")


def draw(figures: Sequence[Figure], path: Path) -> None:
    """A line for each figure that has sizes: how many times the cost of its smallest."""
    lines = [figure for figure in figures if figure.sizes]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="22" font-size="15">Cost against size, as a multiple of the cost at the smallest size</text>',
    ]
    for size in SIZES:
        parts.append(_line(size, 0, size, COST_MAX, "#ddd"))
        parts.append(f'<text x="{_x(size):.0f}" y="{HEIGHT - 28}" text-anchor="middle">{size:,}</text>')
    for cost in (0, 1, 2, 3, 4):
        parts.append(_line(1, cost, 1_000_000, cost, "#777" if cost == 1 else "#ddd"))
        parts.append(f'<text x="{LEFT - 8}" y="{_y(cost) + 4:.0f}" text-anchor="end">{cost:g}</text>')
    parts.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">size</text>')
    for i, figure in enumerate(lines):
        colour = COLOURS[i % len(COLOURS)]
        smallest = figure.sizes[0][1]
        points = " ".join(f"{_x(size):.1f},{_y(cost / smallest):.1f}" for size, cost in figure.sizes)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for size, cost in figure.sizes:
            parts.append(f'<circle cx="{_x(size):.1f}" cy="{_y(cost / smallest):.1f}" r="3.5" fill="{colour}"/>')
        y = TOP + 14 + 22 * i
        parts.append(f'<rect x="{WIDTH - RIGHT + 20}" y="{y - 9}" width="12" height="4" fill="{colour}"/>')
        parts.append(f'<text x="{WIDTH - RIGHT + 40}" y="{y}">{escape(figure.what)}</text>')
    path.write_text("\n".join([*parts, "</svg>"]) + "\n")


def _x(size: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * log10(size) / log10(SIZES[-1])


def _y(cost: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(cost, COST_MAX) / COST_MAX


def _line(size: float, cost: float, to_size: float, to_cost: float, colour: str) -> str:
    return f'<line x1="{_x(size):.1f}" y1="{_y(cost):.1f}" x2="{_x(to_size):.1f}" y2="{_y(to_cost):.1f}" stroke="{colour}"/>'
