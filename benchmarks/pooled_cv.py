"""How well profiles of one model agree: the coefficient of variation, pooled over components and GPUs."""

from __future__ import annotations

import math
import statistics
from typing import Any

LEAST_SHARE = 0.05  # of the model's energy; smaller components do not count


def pooled(groups: list[list[dict[str, Any]]]) -> dict[str, float]:
    """`groups`: profiles of one GPU each, taken with the same code and settings; empty if none has two of them.

    Two GPUs differ by their sensors' gains, so deviations are from the mean of the own group. With the upper 95 % bound
    (chi-square).
    """
    groups = [group for group in groups if len(group) > 1]
    if not groups:
        return {}
    names = [
        name
        for name in groups[0][0]["components"]
        if all(_share(profile, name) is not None for group in groups for profile in group)
        and statistics.fmean(_share(profile, name) or 0 for profile in groups[0]) >= LEAST_SHARE
    ]
    if not names:
        return {}
    freedom = sum(len(group) - 1 for group in groups)
    squares = {name: sum(_relative_squares(group, name) for group in groups) for name in names}
    pooled_cv = math.sqrt(sum(squares.values()) / (freedom * len(names)))
    # The components of one profile share its temperature and drift, so they are not independent: the bound counts the
    # profiles only. With independent components it would be `..._if_independent`.
    return {
        "pooled_cv_percent": pooled_cv * 100,
        "pooled_cv_upper_percent": _upper(pooled_cv, freedom) * 100,
        "pooled_cv_upper_percent_if_independent": _upper(pooled_cv, freedom * len(names)) * 100,
        **{f"cv_percent_{name}": math.sqrt(square / freedom) * 100 for name, square in squares.items()},
    }


def chi_square_quantile(probability: float, freedom: int) -> float:
    """Wilson and Hilferty's approximation (1931): within 0.5 % from 9 degrees of freedom on."""
    z = statistics.NormalDist().inv_cdf(probability)
    return freedom * (1 - 2 / (9 * freedom) + z * math.sqrt(2 / (9 * freedom))) ** 3


def _share(profile: dict[str, Any], name: str) -> float | None:
    found: float | None = profile["components"].get(name, {}).get("share")
    return found


def _relative_squares(group: list[dict[str, Any]], name: str) -> float:
    energies = [profile["components"][name]["energy_j"] for profile in group]
    return float(statistics.stdev(energies) / statistics.fmean(energies)) ** 2 * (len(energies) - 1)


def _upper(cv: float, freedom: int) -> float:
    return cv * math.sqrt(freedom / chi_square_quantile(0.05, freedom))
