"""Write the tables of the data cards from what the package and the kept results hold.

    python docs/data_cards/make.py        # after a change to a simulator, a registry, checks.csv or docs/results

A test holds the pages to them.
"""

import inspect
import json
import re
import shlex
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from fireanalysis import simulators
from fireanalysis.loaders import DATA_SETS, load_comparison_scores
from fireanalysis.metrics import real_scan_statistics
from fireanalysis.papers import paper_values
from fireanalysis.running import PROFILES, find_notebooks, profile_sizes
from fireanalysis.running.notebooks import read_parameters
from fireanalysis.simulators import cartridge_parameters, cctv, comparison_scores, wrong_labels

CARDS = Path(__file__).parent
RESULTS = CARDS.parent / "results"
HEADINGS = (
    "What it is",
    "Licence",
    "Counts",
    "Groups",
    "Leakage risks",
    "How to get it",
    "Folder layout",
    "What `fireanalysis check` verifies",
)
OF_SIMULATORS = ("What it is calibrated on", "Parameters and their sources")


class Simulator(NamedTuple):
    """What the index says of a simulator, and the modules that its card is about, by the beginnings of their names."""

    about: str
    modules: tuple[str, ...]


class RealSet(NamedTuple):
    """What the index says of a real set, as what `fireanalysis check` takes it, and its name for `fetch`."""

    about: str
    kind: str
    fetched: str = ""


SIMULATORS = {
    "cartridge_simulator.md": Simulator(
        "fired primers and whole case heads as height maps, by brand, with some labels wrong",
        ("cartridge", "fields", "hashing"),
    ),
    "case_database_simulator.md": Simulator(
        "a case database by numbers alone: descriptors and brand predictions", ("cartridge_database",)
    ),
    "comparison_scores_simulator.md": Simulator(
        "comparison scores of pairs of fired cartridge cases", ("comparison_scores",)
    ),
    "gunshot_simulator.md": Simulator(
        "two-second recordings of 32 models, and long takes", ("gunshot", "hashing")
    ),
    "firearm_simulator.md": Simulator("cut-outs of firearms of 167 models", ("firearm", "hashing")),
    "picture_simulator.md": Simulator(
        "scenes, look-alike objects, and firearms pasted or photographed into them",
        ("scene", "composite", "look_alikes", "hashing"),
    ),
    "video_simulator.md": Simulator("surveillance video: who walks where with what", ("cctv",)),
    "retrieval_simulator.md": Simulator(
        "pictures of the web by class, search results, and the people who score them", ("retrieval",)
    ),
    "wrong_labels_simulator.md": Simulator(
        "wrong labels and masks planted where the truth is known", ("wrong_labels",)
    ),
}
REAL_SETS = {
    "cartridge_fadul.md": RealSet("breech-face scans of ten slides", "cartridge cases", "cartridge-fadul"),
    "cartridge_weller.md": RealSet("breech-face scans of five slides", "cartridge cases", "cartridge-weller"),
    "comparison_scores_nfi.md": RealSet(
        "comparison scores of pistols, three marks", "comparison scores", "comparison-scores"
    ),
    "gunshot_eight_models.md": RealSet("clips of eight models, cut from videos", "gunshots"),
    "gunshot_free_library.md": RealSet("takes of firearms by sound recordists", "gunshots"),
    "segmentation_people_with_guns.md": RealSet(
        "the segmentation paper's test set, tinted masks and outlines", "pictures with masks"
    ),
    "segmentation_revolvers.md": RealSet("product pictures of revolvers with masks", "pictures with masks"),
    "segmentation_look_alikes.md": RealSet("pictures without firearms", "pictures with classes"),
    "segmentation_surveillance.md": RealSet("frames and a video of six cameras", "pictures with masks"),
    "retrieval_firearm14k.md": RealSet("the retrieval paper's own set", "pictures with classes"),
    "retrieval_omniglot.md": RealSet(
        "drawn characters, as another fine-grained problem", "pictures with classes"
    ),
    "retrieval_thumbnails.md": RealSet(
        "pictures found by keyword, and pictures with their copies", "pictures with classes"
    ),
}

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
SPREADS = {
    "sub_model": "moved by sub-model",
    "firearm": "by firearm",
    "shot": "by shot",
}
BRANDS = {
    "brand": "brand",
    "cases": "cases",
    "share": "share (%)",
    "sub_models": "sub-models",
    "looks_like": "looks like",
    "heterogeneity": "how freely its firearms differ, 0 to 1",
    "pin_shape": "pin, first sub-model",
    "breech_face": "breech face",
    "caliber": "caliber",
}


def as_markdown(table: pd.DataFrame, columns: dict[str, str] | None = None) -> str:
    """Write some columns of a table, or all, as Markdown; an empty cell is a dash."""
    columns = columns or {name: str(name) for name in table}
    rows = [list(columns.values()), ["---"] * len(columns)]
    rows += [[_cell(value) for value in row] for row in table[list(columns)].itertuples(index=False)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "–" if pd.isna(value) else f"{value:g}"
    return str(value).replace("|", "/") or "–"


def sections() -> dict[Path, dict[str, str]]:
    """Make every table of each page, by the name of its mark."""
    pages = {
        "README.md": index(),
        "checks.md": {kind: found_by(kind) for kind in checks()["kind"].unique()},
        "cartridge_simulator.md": cartridges(),
        "case_database_simulator.md": case_database(),
        "comparison_scores_simulator.md": scores(),
        "gunshot_simulator.md": gunshots(),
        "firearm_simulator.md": firearms(),
        "picture_simulator.md": pictures(),
        "video_simulator.md": video(),
        "retrieval_simulator.md": retrieval(),
        "wrong_labels_simulator.md": labels(),
        "gunshot_eight_models.md": {"leaks": eight_models()},
        "gunshot_free_library.md": {"counts": takes()},
        "retrieval_firearm14k.md": {"counts": table_two()},
        "retrieval_omniglot.md": {"counts": drawings()},
    }
    for name, card in SIMULATORS.items():
        pages.setdefault(name, {})["modules"] = modules(card.modules)
    for name, real in REAL_SETS.items():
        pages.setdefault(name, {})["check"] = in_short(real.kind)
        if real.fetched:
            pages[name] |= fetched(real.fetched)
    pages["comparison_scores_nfi.md"]["pairs"] = compared()
    for name, study in (("cartridge_fadul.md", "Fadul"), ("cartridge_weller.md", "Weller")):
        pages[name]["leaks"] = outlines(study)
    return {CARDS / name: tables for name, tables in pages.items()}


def index() -> dict[str, str]:
    """List the cards: simulators, real sets."""

    def listed(cards: dict[str, str]) -> str:
        rows = [
            {"card": f"[{(CARDS / name).read_text('utf-8').partition(': ')[2].splitlines()[0]}]({name})"}
            | {"data": about}
            for name, about in cards.items()
        ]
        return as_markdown(pd.DataFrame(rows))

    return {
        "simulators": listed({name: card.about for name, card in SIMULATORS.items()}),
        "real sets": listed({name: card.about for name, card in REAL_SETS.items()}),
    }


def modules(beginnings: tuple[str, ...]) -> str:
    """List the modules of a simulator with what each says it is."""
    names = sorted(path.stem for path in Path(inspect.getfile(simulators)).parent.glob("[a-z]*.py"))
    chosen = [name for name in names if any(name.startswith(beginning) for beginning in beginnings)]
    first = [
        inspect.cleandoc(import_module(f"fireanalysis.simulators.{name}").__doc__ or "") for name in chosen
    ]
    rows = {
        "module": [f"`{name}.py`" for name in chosen],
        "what it is for": [text.splitlines()[0] for text in first],
    }
    return as_markdown(pd.DataFrame(rows))


def checks() -> pd.DataFrame:
    """Read what `fireanalysis check` finds: by kind of folder, with the words and the test that plants the fault."""
    return pd.read_csv(CARDS / "checks.csv", keep_default_na=False)


def found_by(kind: str) -> str:
    """Make the table of what is found in a kind of folder."""
    table = checks().query("kind == @kind")
    return as_markdown(
        table.assign(says="… " + table["says"] + " …"),
        {"severity": "", "fault": "what is found", "says": "in its words"},
    )


def in_short(kind: str) -> str:
    """Say in two sentences what is found in a kind of folder."""
    faults = checks().query("kind == @kind").groupby("severity")["fault"].apply("; ".join)
    of = kind.replace(" ", "-")
    return (
        f"As [a folder of {kind}](checks.md#{of}), which lists the words. **Errors:** {faults['error']}. "
        f"**Warnings:** {faults['warning']}."
    )


def fetched(name: str) -> dict[str, str]:
    """Tell what the registry knows of a public set."""
    data = DATA_SETS[name]
    lines = files("fireanalysis.loaders").joinpath(f"registry_{name}.txt").read_text("utf-8").splitlines()
    held = [shlex.split(line)[0] for line in lines if not line.startswith("#")]
    return {
        "licence": f"**{data.licence}.** {data.citation}.",
        "counts": f"**{len(held)} file{'s' if len(held) > 1 else ''}** in the registry. {data.about[0].upper()}"
        f"{data.about[1:]}." + _slides(held),
        "source": f"`fireanalysis fetch {name}` gets {'them' if len(held) > 1 else 'it'} and checks SHA-256; "
        f"without a network, by hand from <{data.source}>.",
    }


def _slides(held: list[str]) -> str:
    """Count scans by slide, as far as names of files tell them."""
    known = pd.Series(
        [found[1] for name in held if (found := re.match(r"(?:Fadul |TW)(\d+)-\d+\.x3p", name))]
    )
    if known.empty:
        return ""
    of_each = known.value_counts()
    each = f"{of_each.min()}" if of_each.min() == of_each.max() else f"{of_each.min()} to {of_each.max()}"
    asked = f"; {len(held) - len(known)} are questioned" if len(held) > len(known) else ""
    return f" By their names, {len(known)} are of {known.nunique()} known slides, {each} of each{asked}."


def sizes(notebook: str, names: dict[str, str]) -> str:
    """Make the table of how many samples the profiles take."""
    taken = {profile: profile_sizes(notebook, profile) for profile in PROFILES}
    rows = [
        {"how many": title, **{profile: _many(of[name]) for profile, of in taken.items()}}
        for name, title in names.items()
    ]
    return as_markdown(pd.DataFrame(rows))


def _many(value: object) -> str:
    if isinstance(value, list) and all(isinstance(one, int) for one in value):
        return " to ".join(f"{one:,}" for one in (min(value), max(value)))
    return (
        f"{value:,}" if isinstance(value, int) else str(len(value)) if isinstance(value, list) else str(value)
    )


def cartridges() -> dict[str, str]:
    """Make the tables of brands, ranges by finish, difficulty and parameters."""
    brands = simulators.brand_catalogue()
    common, rare = brands[brands["brand"].str[0] != "R"], brands[brands["brand"].str[0] == "R"]
    shown = common.assign(
        share=(100 * common["share"]).round(2), heterogeneity=common["heterogeneity"].round(2)
    )
    tail = (
        f"The other {len(rare)} brands ({rare['brand'].iloc[0]} to {rare['brand'].iloc[-1]}) have "
        f"{rare['cases'].sum():,} of {brands['cases'].sum():,} cases, {(rare['cases'] < 5).sum()} of them fewer "
        "than five."
    )
    kinds = {
        f"{what}: {name}": ranges
        for what, of in (
            ("pin", cartridge_parameters.PIN_SHAPES),
            ("breech face", cartridge_parameters.BREECH_FACES),
        )
        for name, ranges in of.items()
    }
    ranges = {
        "kind": list(kinds),
        "ranges that replace those above": [
            ", ".join(f"{name} {low:g} to {high:g}" for name, (low, high) in of.items())
            for of in kinds.values()
        ],
    }
    calibers = [{"caliber": name, **of._asdict()} for name, of in cartridge_parameters.CALIBERS.items()]
    numbers = {
        "cases": "cases looked at",
        "train_cases": "cases trained on and tested",
        "train_brands": "brands of those",
    }
    real = real_scan_statistics().groupby("set")[["sq_um", "slope", "missing_share"]]
    medians = real.median().round(3).assign(scans=real.size()).reset_index()
    names = {
        "set": "scans",
        "scans": "number",
        "sq_um": "roughness Sq (µm)",
        "slope": "slope of the spectrum",
    }
    return {
        "sizes": sizes("14_cartridge_cnn", numbers),
        "brands": f"{as_markdown(shown, BRANDS)}\n\n{tail}",
        "difficulty": _difficulty(),
        "real scans": as_markdown(medians, names | {"missing_share": "share missing"}),
        "kinds": f"{as_markdown(pd.DataFrame(ranges))}\n\n{as_markdown(pd.DataFrame(calibers))}",
        "parameters": as_markdown(simulators.parameter_table(), _with_spreads()),
    }


def _with_spreads() -> dict[str, str]:
    before = {name: title for name, title in PARAMETERS.items() if name not in ("meaning", "source")}
    return before | SPREADS | {"meaning": "meaning", "source": "source"}


def _difficulty() -> str:
    kept = json.loads((RESULTS / "difficulty.json").read_text("utf-8"))
    rows = [
        {"cases": f"{cases:,}", "accuracy (%), with 95 % interval": "{} ({} to {})".format(value, *ends)}
        for cases, value, ends in zip(
            kept["cases"], kept["accuracy (%)"], kept["95 % intervals"], strict=True
        )
    ]
    ends = kept["its 95 % interval, if the power law holds"]
    carried = "{} ({} to {}), if the power law holds".format(kept["accuracy there (%)"], *ends)
    rows.append(
        {"cases": f"{kept['carried on to cases']:,}, carried on", "accuracy (%), with 95 % interval": carried}
    )
    rows.append(
        {
            "cases": "the paper, ResNet-18 on ShapeIndex_S",
            "accuracy (%), with 95 % interval": kept["published (%)"],
        }
    )
    return as_markdown(pd.DataFrame(rows).astype(str))


def case_database() -> dict[str, str]:
    """Make the tables of sizes and of the model's lengths."""
    numbers = {"database": "cases in the database", "queries": "queries"}
    fields = simulators.DescriptorModel.__dataclass_fields__
    rows = [
        {"parameter": name, "value": field.default, "source": "assumed"} for name, field in fields.items()
    ]
    return {
        "sizes": sizes("18_cartridge_search", numbers),
        "parameters": as_markdown(pd.DataFrame(rows)),
    }


def scores() -> dict[str, str]:
    """Make the tables of pairs and of the levels of scores."""
    pairs = [
        {
            "mark": mark,
            "firearms": table["reference"].nunique(),
            "pairs of one": int(table["same"].sum()),
            "pairs of two": int((~table["same"]).sum()),
            "scores": ", ".join(table.attrs["scores"]),
        }
        for mark, table in load_comparison_scores().items()
    ]
    levels = [
        {"mark": mark, "score": score, "pairs": pairs_of, **level._asdict()}
        for score, of in (
            ("log odds of a congruent cell", comparison_scores._CELLS),
            ("atanh of the correlation", comparison_scores._CORRELATIONS),
        )
        for mark, both in of.items()
        for pairs_of, level in zip(("of one firearm", "of two"), both, strict=True)
    ]
    names = {"mean": "mean", "firearm": "spread of firearms", "pair": "spread of pairs"}
    table = pd.DataFrame(levels).assign(source="assumed").rename(columns=names)
    cells = [
        {"mark": mark, "cells of a mark, mean": mean, "standard deviation": spread, "source": "assumed"}
        for mark, (mean, spread) in comparison_scores._SIZE.items()
    ]
    return {
        "counts": as_markdown(pd.DataFrame(pairs)),
        "parameters": f"{as_markdown(table)}\n\n{as_markdown(pd.DataFrame(cells))}",
    }


def gunshots() -> dict[str, str]:
    """Make the tables of models, where their numbers are from, difficulty and parameters."""
    models = simulators.model_catalogue()
    models["named_in_paper"] = models["named_in_paper"].map({1: "yes", 0: "no, chosen here"})
    kept = json.loads((RESULTS / "gunshot_difficulty.json").read_text("utf-8"))
    rows = [
        {
            "seed": run["seed"],
            **{name: "{} ({} to {})".format(*of) for name, of in run["accuracy, low, high (%)"].items()},
        }
        for run in kept["runs"]
    ]
    return {
        "sizes": sizes("22_gunshot_stage_one", {"clips": "clips"}),
        "counts": as_markdown(models, COUNTS),
        "numbers": as_markdown(models, NUMBERS),
        "sources": as_markdown(models, SOURCES),
        "difficulty": as_markdown(pd.DataFrame(rows)),
        "parameters": as_markdown(simulators.gunshot_parameter_table(), PARAMETERS),
    }


def pictures() -> dict[str, str]:
    """Make the tables of sizes and of the parameters of scenes, composites and firearms."""
    scenes = simulators.scene_parameter_table()
    of_pictures = scenes[~scenes["level"].str.match("web|search|labeler")]
    even = {name: title for name, title in PARAMETERS.items() if name != "scale"}
    numbers = {
        "grid": "pictures that are looked at",
        "pictures": "pictures trained on",
        "held_out": "held out",
    }
    return {
        "sizes": sizes("31_segmentation_unet", numbers),
        "scenes": as_markdown(of_pictures, PARAMETERS | {"power": "power"}),
        "firearms": as_markdown(simulators.firearm_parameter_table(), even),
    }


def video() -> dict[str, str]:
    """Make the tables of sizes and of the simulator's constants."""
    numbers = {
        "videos": "videos",
        "seconds": "seconds of each",
        "fps": "frames a second",
        "height": "lines of a frame",
    }
    rows = [
        ("share of the frame that a firearm covers, median", cctv.MEDIAN_SHARE, "of one set of real frames"),
        ("seconds a walk", cctv._SLOT_S, "assumed"),
        ("seconds on the scene", cctv._WALK_S, "assumed"),
        ("height of a person over the frame's", cctv._TALL, "assumed"),
        ("how much larger or smaller a person gets on the way", cctv._NEARER, "assumed"),
        ("sway of what is held (degrees)", cctv._SWAY_DEG, "assumed"),
        ("rise and fall of a step over the frame's height", cctv._BOB, "assumed"),
        ("steps a second", cctv._STEPS_HZ, "assumed"),
        ("noise (amount of `damage_picture`)", cctv._NOISE, "assumed"),
        ("coding (likewise)", cctv._JPEG, "assumed"),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["parameter", "value", "source"])
    table["value"] = [" to ".join(map(str, v)) if isinstance(v, tuple) else f"{v:g}" for v in table["value"]]
    return {"sizes": sizes("35_segmentation_cctv", numbers), "parameters": as_markdown(table)}


def retrieval() -> dict[str, str]:
    """Make the tables of sizes, of what a network off the shelf finds, and of parameters."""
    scenes = simulators.scene_parameter_table()
    of_the_web = scenes[scenes["level"].str.match("web|search|labeler")]
    searched = {"keywords": "keywords searched", "fewest": "least pictures a keyword", "most": "greatest"}
    numbers = {"pictures": "pictures by class", "classes": "classes", **searched}
    return {
        "sizes": sizes("40_retrieval_curation", numbers),
        "difficulty": found_off_the_shelf(),
        "parameters": as_markdown(of_the_web, PARAMETERS | {"power": "power"}),
    }


def found_off_the_shelf() -> str:
    """Make the table of what a network off the shelf finds, the published one first."""
    names = ["mAP", "rank-1", "rank-2", "rank-4", "rank-8"]
    published = paper_values("retrieval").query("table == 'Table III' and row == 'VGG'").set_index("metric")
    lines = [{"pictures": "Firearm 14k, VGG16 (Table III)", **published["value"].loc[names]}]
    for run in json.loads((RESULTS / "retrieval_difficulty.json").read_text("utf-8"))["runs"]:
        about = f"simulated, EfficientNet-Lite0, longer side {run['longer']}, seed {run['seed']}"
        lines.append({"pictures": about, **{name: "{} ({} to {})".format(*run[name]) for name in names}})
    return as_markdown(pd.DataFrame(lines))


def firearms() -> dict[str, str]:
    """Make the tables of measured figures and of models."""
    kept = json.loads((RESULTS / "firearm_pictures.json").read_text("utf-8"))
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
    models = simulators.firearm_catalogue()
    names = {
        "model": "model",
        "form": "form",
        "look_alike_of": "looks like",
        "barrel": "barrel or slide (mm)",
    }
    by_type = models.assign(alike=models["look_alike_of"].ne("")).groupby("type")
    kinds = pd.DataFrame(
        {"models": by_type.size(), "forms": by_type["form"].nunique(), "look-alikes": by_type["alike"].sum()}
    )
    return {
        "types": as_markdown(kinds.reset_index()),
        "called": as_markdown(table.reset_index(names="type"), {"type": "type"} | {c: c for c in table}),
        "figures": as_markdown(figures),
        "models": as_markdown(models[list(names)].round(0), names),
    }


def _between(every: pd.DataFrame, name: str) -> str:
    return f"{100 * every['min'][name]:.0f} to {100 * every['max'][name]:.0f}" if name in every.index else "–"


def labels() -> dict[str, str]:
    """Make the tables of kinds of wrong masks and of the shares that are wrong by default."""
    shares = [
        (f"`{of.__name__}`", name, inspect.signature(of).parameters[name].default)
        for of, name in (
            (simulators.sample_cartridges, "wrong_label_fraction"),
            (simulators.sample_case_search, "wrong_label_fraction"),
            (simulators.sample_gunshots, "wrong_label_fraction"),
            (simulators.sample_gunshots, "duplicate_fraction"),
            (simulators.sample_retrieval, "copies"),
        )
    ]
    for notebook in find_notebooks():
        given = read_parameters(notebook.path)
        for name in ("WRONG_LABELS", "SHARE", "WRONG_MASKS"):
            if name in given and notebook.name[:2] in ("17", "53"):
                shares.append((f"notebook `{notebook.name}`", name, given[name]))
    table = pd.DataFrame(shares, columns=["where", "parameter", "default"]).assign(source="assumed")
    return {
        "kinds": f"Masks are {', '.join(wrong_labels.WRONG_MASKS)}, of each kind as many.",
        "parameters": as_markdown(table),
    }


def outlines(study: str) -> str:
    """Make the table of what notebook 54 kept of a study's scans."""
    kept = json.loads((RESULTS / "quick-two-cores.json").read_text("utf-8"))
    (of_54,) = (record for record in kept if record["notebook"] == "54_evidence_batch")
    wanted = {
        f"AUC, outline alone, {study} (real)": "are two scans of one slide? AUC of their outlines alone",
        f"AUC, surface, cut to one outline, {study} (real)": "the same, surfaces cut to one outline",
        f"AUC, surface, whole, {study} (real)": "the same, whole surfaces",
        "study told, roughness, all of ROUGH": "is it Fadul's or Weller's study? Accuracy of three roughness numbers",
    }
    rows = [
        {
            "asked": title,
            "value (95 % interval)": "{:.2f} ({low:.2f} to {high:.2f})".format(
                of_54["metrics"][name], **of_54["intervals"][name]
            ),
            "slides drawn": of_54["intervals"][name]["groups"],
        }
        for name, title in wanted.items()
    ]
    return as_markdown(pd.DataFrame(rows))


def eight_models() -> str:
    """Make the table of what is told apart with sessions held out and not."""
    kept = json.loads((RESULTS / "gunshot_real.json").read_text("utf-8"))
    by_clip = kept["scores"]["by clip"]
    rows = [
        {"method": name}
        | {
            f"{split}, accuracy (%), with 95 % interval": "{accuracy (%)} ({0[0]} to {0[1]})".format(
                of[name]["95 % interval"], **of[name]
            )
            for split, of in kept["scores"].items()
        }
        for name in by_clip
    ]
    measured = f"Measured on {kept['set'].partition(': ')[2]}, by `docs/results/gunshot_real.py`."
    return f"{as_markdown(pd.DataFrame(rows))}\n\n{measured}"


def compared() -> str:
    """Count pairs and weapons of the real tables of comparison scores."""
    kept = json.loads((RESULTS / "evidence_scores.json").read_text("utf-8"))
    rows = [
        {"mark": mark, "pairs": f"{pairs:,}", "weapons": kept["weapons"][mark]}
        for mark, pairs in kept["pairs"].items()
    ]
    return as_markdown(pd.DataFrame(rows))


def takes() -> str:
    """Count the takes whose statistics are kept."""
    kept = pd.read_csv(files("fireanalysis.metrics").joinpath("gunshot_sounds.csv"))
    models = ", ".join(
        f"{name} ({count})" for name, count in kept["model"].value_counts().sort_index().items()
    )
    count = f"{len(kept)} takes of {kept['model'].nunique()} models were used here, at 48 kHz: {models}."
    return f"{count} The library has many more."


def table_two() -> str:
    """Give the paper's Table II."""
    printed = paper_values("retrieval").query("table == 'Table II'").dropna(subset="value")
    printed = printed.assign(value=printed["value"].map("{:,.0f}".format), part=printed["row"])
    table = printed.pivot_table(index="part", columns="metric", values="value", aggfunc="first")
    table = table.fillna("not given")
    return as_markdown(table.loc[printed["part"].unique(), printed["metric"].unique()].reset_index())


def drawings() -> str:
    """Say how many drawings were used for what."""
    kept = json.loads((RESULTS / "retrieval_methods.json").read_text("utf-8"))["drawings"]
    return f"{kept['data']}. Test: {kept['test']} (`docs/results/retrieval_methods.json`)."


def filled(text: str, tables: dict[str, str]) -> str:
    """Put every table between its marks in the text of a page."""
    for name, table in tables.items():
        begin, end = f"<!-- {name}: docs/data_cards/make.py -->", f"<!-- end of {name} -->"
        before, rest = text.split(begin)
        text = f"{before}{begin}\n\n{table}\n\n{end}{rest.split(end)[1]}"
    return text


if __name__ == "__main__":
    for path, tables in sections().items():
        path.write_text(filled(path.read_text("utf-8"), tables), encoding="utf-8")
