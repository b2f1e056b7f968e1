from . import results
from .case_report import write_case_report
from .notebooks import Notebook, choose_notebooks, find_notebooks, read_parameters
from .profiles import PROFILES, paper_of, profile_sizes
from .report import write_report
from .runner import RunSummary, run_notebooks
from .sweep import balanced_part, every_combination, sweep

__all__ = [
    "PROFILES",
    "Notebook",
    "RunSummary",
    "balanced_part",
    "choose_notebooks",
    "every_combination",
    "find_notebooks",
    "paper_of",
    "profile_sizes",
    "read_parameters",
    "results",
    "run_notebooks",
    "sweep",
    "write_case_report",
    "write_report",
]
