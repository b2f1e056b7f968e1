"""A simulated case search as a whole: ranks with and without the brand, and what it costs."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from fireanalysis.simulators import (
    CaseSearch,
    DescriptorModel,
    brand_catalogue,
    brand_probabilities,
    case_descriptors,
)

from .candidates import CaseIndex
from .classification import Interval, bootstrap_mean
from .search import CONFIDENT

_NAMES = {"calibers": "caliber", "brands": "brand", "firearms": "firearm"}


@dataclass(frozen=True, eq=False)
class SearchOutcome:
    """Where the true firearm of each query came, and what the brand classifier said.

    Attributes
    ----------
    plain, brand_first : int64 (queries,)
        Rank of the first true case: in the order of the scores, and with the cases registered under the predicted brand
        before all others, whatever the confidence.
    predicted : (queries,)
        Brand the classifier puts first.
    confidence : float32 (queries,)
        Its probability.
    filed, firearms : (queries,)
        Brand the query's firearm is registered under, and the firearm.
    """

    plain: NDArray[np.int64]
    brand_first: NDArray[np.int64]
    predicted: NDArray
    confidence: NDArray[np.float32]
    filed: NDArray
    firearms: NDArray

    def ranks(self, *, above: float = CONFIDENT) -> NDArray[np.int64]:
        """Ranks with promotion where the confidence is above `above`."""
        return np.where(self.confidence > above, self.brand_first, self.plain)

    def gain(self, *, top: int = 100, above: float = CONFIDENT, seed: int) -> Interval:
        """Share found in the `top` without and with promotion, and the difference; intervals by firearm."""
        before, after = self.plain <= top, self.ranks(above=above) <= top
        shares = np.stack([before, after, after * 1.0 - before], axis=1)
        return bootstrap_mean(shares, groups=self.firearms, seed=seed)

    def groups(self, *, top: int = 100, above: float = CONFIDENT, seed: int) -> pd.DataFrame:
        """Split the queries by what the classifier said: how many, and the share found without and with promotion.

        Returns
        -------
        DataFrame
            ``group``, ``queries``, ``before``, ``after`` (NaN where there are no queries) and the ends of their
            intervals by firearm: ``before low``, ``before high``, ``after low``, ``after high`` (NaN with fewer than
            two firearms).
        """
        sure, right = self.confidence > above, self.predicted == self.filed
        found = np.stack([self.plain <= top, self.ranks(above=above) <= top], axis=1)
        rows = []
        for name, part in (
            ("not sure: order stays", ~sure),
            ("sure, firearm is filed there", sure & right),
            ("sure, firearm is filed elsewhere", sure & ~right),
        ):
            shares, low, high = (np.full(2, np.nan) for _ in range(3))
            if part.any():
                shares = found[part].mean(axis=0)
            if len(np.unique(self.firearms[part])) > 1:
                one = bootstrap_mean(found[part], groups=self.firearms[part], seed=seed)
                low, high = one.low, one.high
            rows.append((name, int(part.sum()), *shares, *low, *high))
        ends = [f"{when} {end}" for end in ("low", "high") for when in ("before", "after")]
        return pd.DataFrame(rows, columns=["group", "queries", "before", "after", *ends])

    def thresholds(self, aboves: Sequence[float], *, top: int = 100, seed: int) -> pd.DataFrame:
        """Try other thresholds: share of queries promoted, promoted to a wrong brand, and gain in the `top`.

        Returns
        -------
        DataFrame
            ``above``, ``promoted``, ``wrong``, ``gain``; shares of all queries, each with the ends of its interval
            by firearm, such as ``gain low`` and ``gain high``.
        """
        names = ["promoted", "wrong", "gain"]
        rows = []
        for above in aboves:
            sure = self.confidence > above
            wrong = sure & (self.predicted != self.filed)
            gain = 1.0 * (self.ranks(above=above) <= top) - (self.plain <= top)
            one = bootstrap_mean(np.column_stack([sure, wrong, gain]), groups=self.firearms, seed=seed)
            rows.append((above, *one.value, *one.low, *one.high))
        ends = [f"{name} {end}" for end in ("low", "high") for name in names]
        return pd.DataFrame(rows, columns=["above", *names, *ends])


def index_cases(table: pd.DataFrame, descriptors: ArrayLike) -> CaseIndex:
    """Make a `CaseIndex` of a table of cases (caliber, brand, firearm) and their descriptors."""
    return CaseIndex(descriptors, **{name: table[column] for name, column in _NAMES.items()})


def search_cases(
    search: CaseSearch,
    *,
    model: DescriptorModel | None = None,
    accuracy: float = 0.86,
    index: CaseIndex | None = None,
) -> SearchOutcome:
    """Look for every query of a simulated search, with and without the predicted brand in front.

    Parameters
    ----------
    search : CaseSearch
        From `sample_case_search`.
    model : DescriptorModel, optional
    accuracy : float
        Of the simulated brand classifier, see `brand_probabilities`.
    index : CaseIndex, optional
        Of ``search.database`` with descriptors of the same model, if there is one already.

    Returns
    -------
    SearchOutcome

    Raises
    ------
    ParameterError
        If the accuracy is out of range.

    Examples
    --------
    >>> from fireanalysis.simulators import sample_case_search
    >>> outcome = search_cases(sample_case_search(2000, queries=50, seed=0))
    >>> int(outcome.groups(seed=0)["queries"].sum()), bool((outcome.ranks(above=1.0) == outcome.plain).all())
    (50, True)
    """
    if index is None:
        index = index_cases(search.database, case_descriptors(search.database, model=model))
    asked, queries = case_descriptors(search.queries, model=model), search.queries
    said = brand_probabilities(queries, accuracy=accuracy, model=model)
    predicted = brand_catalogue()["brand"].to_numpy()[said.argmax(axis=1)]
    about = {"calibers": queries["caliber"], "firearms": queries["firearm"]}
    return SearchOutcome(
        plain=index.ranks(asked, **about),
        brand_first=index.ranks(asked, **about, promoted=predicted),
        predicted=predicted,
        confidence=said.max(axis=1),
        filed=queries["brand"].to_numpy(),
        firearms=queries["firearm"].to_numpy(),
    )


def search_costs(
    search: CaseSearch,
    descriptors: ArrayLike,
    *,
    sizes: Sequence[int],
    model: DescriptorModel | None = None,
    k: int = 100,
) -> pd.DataFrame:
    """Measure what a list of candidates costs as the database grows.

    Parameters
    ----------
    search : CaseSearch
    descriptors : float32 (cases, dimensions)
        Of ``search.database``.
    sizes : sequence of int
        So many of the first cases are searched.
    model : DescriptorModel, optional
        What the descriptors were made with; the queries' are too.
    k : int
        Candidates a query.

    Returns
    -------
    DataFrame
        ``cases``, ``ms`` (a query, all asked at once; shortest of three), ``MB`` (of the descriptors in memory).
    """
    asked, values = case_descriptors(search.queries, model=model), np.asarray(descriptors)
    rows = []
    for cases in sizes:
        part = search.database.iloc[:cases]
        index = index_cases(part, values[:cases])
        known = search.queries["caliber"].isin(part["caliber"].unique()).to_numpy()
        times = []
        for _ in range(3):  # the first warms up, the machine may be busy: the shortest counts
            start = time.perf_counter()
            index.candidates(asked[known], calibers=search.queries["caliber"][known], k=k)
            times.append(time.perf_counter() - start)
        rows.append((cases, 1000 * min(times) / known.sum(), index.bytes / 1e6))
    return pd.DataFrame(rows, columns=["cases", "ms", "MB"])
