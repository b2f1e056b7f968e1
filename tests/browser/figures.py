"""Looks at plotly figures in a page: whether each is drawn, with marks inside its axes, and what of it can be seen."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Locator

# What traces and shapes draw; axes, grid, titles and legends are no marks.
MARKS = ".cartesianlayer .overplot :is(path, image, text), .imagelayer image, .shapelayer path"

# Says what is wrong with a figure's element, or nothing: one mark at least is inside the axes, and large enough to see.
FAULT = f"""async plot => {{
    plot.scrollIntoView({{block: 'center', behavior: 'instant'}});  // what is out of sight has no places
    await new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    const full = plot._fullLayout;
    if (!full || !plot.querySelector('.main-svg')) return 'not drawn';
    const box = plot.getBoundingClientRect();
    if (box.width < 100 || box.height < 100) return `no area: ${{box.width}} × ${{box.height}}`;
    const left = box.left + full._size.l, top = box.top + full._size.t;
    const inside = mark => {{
        const place = mark.getBoundingClientRect();
        return Math.max(place.width, place.height) >= 2
            && place.right > left && place.left < left + full._size.w
            && place.bottom > top && place.top < top + full._size.h;
    }};
    return [...plot.querySelectorAll('{MARKS}')].some(inside) ? '' : 'no mark inside the axes';
}}"""

# What plotly made of a figure: kinds of traces, notes, axes, and their places.
SEEN = """plot => {
    const full = plot._fullLayout, seen = {traces: plot._fullData.map(trace => trace.type)};
    seen.notes = full.annotations.map(note => note.text);
    seen.shapes = full.shapes.map(shape => shape.type);
    seen.places = {figure: [full.width, full.height]};
    for (const name of Object.keys(full).filter(name => /^[xy]axis[0-9]*$/.test(name))) {
        const {type, range, domain, title} = full[name];
        seen[name] = [type, title.text];
        seen.places[name] = [...range, ...domain];
    }
    return seen;
}"""

HIDE = f"(plot, how) => plot.querySelectorAll('{MARKS}').forEach(mark => mark.style.visibility = how)"


def look(element: Locator) -> NDArray[np.uint8]:
    """Take a picture of an element: (h, w, 3)."""
    return np.asarray(Image.open(io.BytesIO(element.screenshot())).convert("RGB"))


def changed(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Share of pixels in which two pictures differ."""
    return float((one != other).any(axis=2).mean()) if one.shape == other.shape else 1.0


def seen_marks(plot: Locator) -> float:
    """Share of a figure's pixels in which its marks can be seen: without them they are others."""
    plot.scroll_into_view_if_needed()
    whole = look(plot)
    plot.evaluate(HIDE, "hidden")
    without = look(plot)
    plot.evaluate(HIDE, "")
    return changed(whole, without)


def title(plot: Locator) -> str:
    """What the figure's title says, as it is drawn."""
    return " ".join(plot.locator(".gtitle").all_text_contents())
