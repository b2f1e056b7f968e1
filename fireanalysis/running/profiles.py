"""Profiles: how large a run is. Sizes come from ``profiles.toml``; the method never changes with them."""

import re
import tomllib
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from fireanalysis.errors import ParameterError

PROFILES = ("smoke", "quick", "full", "paper")


def paper_of(notebook: str) -> str:
    """Name the paper a notebook belongs to, from the decade of its number.

    Raises
    ------
    ParameterError
        If the name has no two-digit number in front, or one no paper has.

    Examples
    --------
    >>> paper_of("11_cartridge_shape_index")
    'cartridge'
    """
    decades = _content()["decades"]
    match = re.match(r"(\d)\d_\w", notebook)
    if match is None or match[1] not in decades:
        known = ", ".join(f"{decade}0 {paper}" for decade, paper in decades.items())
        raise ParameterError(f"no paper for notebook {notebook!r}", do=f"name it NN_name: {known}")
    return str(decades[match[1]])


def profile_sizes(notebook: str, profile: str) -> dict[str, Any]:
    """Give the sizes of a notebook at a profile: its paper's, overlaid by its own.

    Raises
    ------
    ParameterError
        If the profile or the notebook's number is unknown.

    Examples
    --------
    >>> profile_sizes("11_cartridge_shape_index", "smoke")["pixels"]
    184
    """
    if profile not in PROFILES:
        near = get_close_matches(str(profile), PROFILES, n=1)
        raise ParameterError(
            f"unknown profile {profile!r}; there are {', '.join(PROFILES)}",
            do=f"use PROFILE = {near[0] if near else 'quick'!r}",
        )
    tables = _tables()
    return {
        **tables.get(paper_of(notebook), {}).get(profile, {}),
        **tables.get(notebook, {}).get(profile, {}),
    }


def _tables() -> dict[str, Any]:
    return {name: table for name, table in _content().items() if name != "decades"}


@cache
def _content() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("profiles.toml").read_text(encoding="utf-8"))
