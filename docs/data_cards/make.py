"""Write the tables of the simulators' pages from the simulators' own tables.

    python docs/data_cards/make.py        # after a change to a csv of fireanalysis/simulators

A test holds the pages to them.
"""

import json
from pathlib import Path

import pandas as pd

from fireanalysis.papers import paper_values
from fireanalysis.simulators import (
    firearm_catalogue,
    firearm_parameter_table,
    gunshot_parameter_table,
    model_catalogue,
    scene_parameter_table,
)

PAGE = Path(__file__).with_name("gunshot_simulator.md")
PICTURES = Path(__file__).with_name("picture_simulator.md")
FIREARMS = Path(__file__).with_name("firearm_simulator.md")
RETRIEVAL = Path(__file__).with_name("retrieval_simulator.md")
MEASURED = Path(__file__).parents[1] / "results" / "firearm_pictures.json"
DIFFICULTY = MEASURED.with_name("retrieval_difficulty.json")

COUNTS = {
    "category": "category",
    "model": "model",
    "variant": "variant simulated",
    "cartridge": "cartridge",
    "named_in_paper": "named in the paper",
    "clips": "clips of 3,343",
    "clips_source": "count from",
}
NUMBERS = {
    "model": "model",
    "bullet_diameter_mm": "bullet diameter (mm)",
    "bullet_length_mm": "length (mm)",
    "bullet_mass_g": "mass (g)",
    "muzzle_velocity_mps": "muzzle velocity (m/s)",
    "mach_20C": "Mach at 20 °C",
    "barrel_length_mm": "barrel (mm)",
    "action": "action",
    "cyclic_rpm_min": "least rate (/min)",
    "cyclic_rpm_max": "greatest rate (/min)",
    "friedlander_tau_ms_estimate": "positive phase (ms)",
    "peak_spl_dB_1m_side": "peak level at 1 m (dB)",
}
SOURCES = {
    "model": "model",
    "source_of_v_barrel_rate": "velocity, barrel, rate, bullet",
    "peak_spl_source": "peak level",
    "measured_rpm_from_recordings": "rate measured on recordings (/min)",
    "estimated_fields": "estimated here",
}
PARAMETERS = {
    "name": "parameter",
    "level": "drawn once a",
    "low": "least",
    "high": "greatest",
    "scale": "scale",
    "unit": "unit",
    "meaning": "meaning",
    "source": "source",
}


def as_markdown(table: pd.DataFrame, columns: dict[str, str]) -> str:
    """Write some columns of a table as Markdown; an empty cell is a dash."""
    rows = [list(columns.values()), ["---"] * len(columns)]
    rows += [[_cell(value) for value in row] for row in table[list(columns)].itertuples(index=False)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "–" if pd.isna(value) else f"{value:g}"
    return str(value).replace("|", "/") or "–"


def sections() -> dict[Path, dict[str, str]]:
    """Make every table of each page, by the name of its mark."""
    models = model_catalogue()
    models["named_in_paper"] = models["named_in_paper"].map({1: "yes", 0: "no, chosen here"})
    gunshots = {
        "counts": as_markdown(models, COUNTS),
        "numbers": as_markdown(models, NUMBERS),
        "sources": as_markdown(models, SOURCES),
        "parameters": as_markdown(gunshot_parameter_table(), PARAMETERS),
    }
    even = {name: title for name, title in PARAMETERS.items() if name != "scale"}
    scenes, powers = scene_parameter_table(), PARAMETERS | {"power": "power"}
    of_the_web = scenes["level"].str.match("web|search|labeler")
    pictures = {
        "scenes": as_markdown(scenes[~of_the_web], powers),
        "firearms": as_markdown(firearm_parameter_table(), even),
    }
    retrieval = {"difficulty": difficulty(), "parameters": as_markdown(scenes[of_the_web], powers)}
    return {PAGE: gunshots, PICTURES: pictures, FIREARMS: firearms(), RETRIEVAL: retrieval}


def firearms() -> dict[str, str]:
    """Make the tables of measured figures and of models."""
    kept = json.loads(MEASURED.read_text("utf-8"))
    real = pd.Series(kept["real, called"], name="real handguns")
    called = [pd.DataFrame(run["called"]).T for run in kept["runs"]]
    middle = pd.concat([sum(called) / len(called), real.to_frame().T])
    every = pd.concat(called).sum(axis=1).groupby(level=0).agg(["min", "max"])
    middle["any of the three"] = middle.sum(axis=1)
    table = (
        (100 * middle)
        .round(0)
        .assign(**{"any, from seed to seed": [_between(every, name) for name in middle.index]})
    )
    figures = sum(pd.DataFrame(run["figures"]).T for run in kept["runs"]) / len(kept["runs"])
    figures["halves"] = pd.Series(kept["real, one half against the other"])
    figures = figures.map("{:.3g}".format).reset_index(names="figure")
    models = firearm_catalogue()[["model", "form", "look_alike_of", "barrel"]].round(0)
    names = {
        "model": "model",
        "form": "form",
        "look_alike_of": "looks like",
        "barrel": "barrel or slide (mm)",
    }
    return {
        "called": as_markdown(table.reset_index(names="type"), {"type": "type"} | {c: c for c in table}),
        "figures": as_markdown(figures, {name: name for name in figures}),
        "models": as_markdown(models, names),
    }


def _between(every: pd.DataFrame, name: str) -> str:
    return f"{100 * every['min'][name]:.0f} to {100 * every['max'][name]:.0f}" if name in every.index else "–"


def difficulty() -> str:
    """Make the table of what a network off the shelf finds, the published one first."""
    names = ["mAP", "rank-1", "rank-2", "rank-4", "rank-8"]
    published = paper_values("retrieval").query("table == 'Table III' and row == 'VGG'").set_index("metric")
    lines = [{"pictures": "Firearm 14k, VGG16 (Table III)", **published["value"].loc[names]}]
    for run in json.loads(DIFFICULTY.read_text("utf-8"))["runs"]:
        about = f"simulated, EfficientNet-Lite0, longer side {run['longer']}, seed {run['seed']}"
        lines.append({"pictures": about, **{name: "{} ({} to {})".format(*run[name]) for name in names}})
    return as_markdown(pd.DataFrame(lines), {name: name for name in ["pictures", *names]})


def page(path: Path) -> str:
    """Put every table between its marks in the text of a page."""
    text = path.read_text("utf-8")
    for name, table in sections()[path].items():
        begin, end = f"<!-- {name}: docs/data_cards/make.py -->", f"<!-- end of {name} -->"
        before, rest = text.split(begin)
        text = f"{before}{begin}\n\n{table}\n\n{end}{rest.split(end)[1]}"
    return text


if __name__ == "__main__":
    for path in sections():
        path.write_text(page(path), encoding="utf-8")
