"""Clauses 4.5.3.1 and 4.5.3.2: statistics of match-ups, thresholds, and the verdict in words."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from shanhai.core.errors import InputError
from shanhai.core.notation import quantity as notation_of
from shanhai.monitoring.results import AccuracyResult, Sentence

LEAST_CORRELATION = 0.7
LEAST_VARIATION = 0.25
WIDE_VARIATION = 0.3  # beyond it, the looser limit of pCO2 applies
PCO2_LIMIT, PCO2_LIMIT_WIDE = 2.0, 3.5  # Pa
LARGE_MEAN_FLUX = 10.0  # mmol m-2 d-1; beyond it, the limit is relative
FLUX_LIMIT, FLUX_LIMIT_RELATIVE = 4.0, 0.4  # mmol m-2 d-1, 1
FEWEST_MATCH_UPS = 3
QUANTITIES = ("pco2_sea", "co2_flux")


def correlation(in_situ: ArrayLike, product: ArrayLike) -> float:
    r"""Correlation coefficient.

    $$R = \frac{\sum (x_i - \bar x)(y_i - \bar y)}{\sqrt{\sum (x_i - \bar x)^2 \sum (y_i - \bar y)^2}}$$

    Source: HY/T 0343.5 formula (11).

    Args:
        in_situ: in-situ values x.
        product: values y of the product, same shape and unit.

    Returns:
        R in [-1, 1]; NaN where x or y has no spread beyond rounding, or where there is no data.

    >>> round(correlation([1.0, 2.0, 3.0], [2.0, 4.1, 5.9]), 4)
    0.999
    """
    x, y = (_direction(np.asarray(v, dtype=float)) for v in (in_situ, product))
    if not x.size:
        return float("nan")
    return float(np.clip(x @ y, -1.0, 1.0))


def _direction(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Deviations from the mean, scaled to length one; NaN if they are rounding residue."""
    if not values.size or np.ptp(values) <= 4 * np.finfo(float).eps * np.abs(values).max():
        return np.full(values.shape, np.nan)
    scaled = values / np.abs(values).max()
    deviations = scaled - scaled.mean()
    return deviations / np.linalg.norm(deviations)


def rmse(in_situ: ArrayLike, product: ArrayLike) -> float:
    r"""Root mean square error, $\sqrt{\frac1N\sum (x_i - y_i)^2}$.

    Source: HY/T 0343.5 formula (12).

    Args:
        in_situ: in-situ values.
        product: values of the product, same shape and unit.

    Returns:
        RMSE in the unit of the values; NaN where there is no data.

    >>> rmse([1.0, 2.0], [4.0, 6.0]) == 12.5**0.5
    True
    """
    difference = np.asarray(in_situ, dtype=float) - np.asarray(product, dtype=float)
    return float(np.sqrt(np.mean(difference**2))) if difference.size else float("nan")


def coefficient_of_variation(values: ArrayLike, *, signed: bool = False, axis: int = -1) -> NDArray[np.float64]:
    r"""Coefficient of variation of the valid values, $\sigma / |\bar X|$ with $\sigma$ by formula (10).

    Source: HY/T 0343.5 clauses 4.5.2 and 4.5.3.1, which print $\sigma / \bar X$. With a signed mean every
    window of a CO2 sink has a negative coefficient and passes "less than 0.25", hence the absolute value
    here.

    Args:
        values: values along `axis`; NaN is missing.
        signed: divide by the signed mean, as printed.
        axis: axis of the sample.

    Returns:
        the coefficient; NaN, and so neither less nor greater than any threshold, where there is no valid
        value or the mean vanishes to rounding.

    >>> coefficient_of_variation([-1.0, -3.0]), coefficient_of_variation([-1.0, 1.0])
    (array(0.5), array(nan))
    """
    x = np.asarray(values, dtype=float)
    valid = np.isfinite(x)
    n = valid.sum(axis)
    mean = np.where(valid, x, 0.0).sum(axis) / np.maximum(n, 1)
    deviation = np.where(valid, x - np.expand_dims(mean, axis), 0.0)
    sigma = np.sqrt((deviation**2).sum(axis) / np.maximum(n, 1))
    largest = np.where(valid, np.abs(x), 0.0).max(axis, initial=0.0)
    vanishes = np.abs(mean) <= 4 * np.finfo(float).eps * largest
    divisor = np.where(vanishes, 1.0, mean if signed else np.abs(mean))
    return np.where(vanishes | (n == 0), np.nan, sigma / divisor)


class Statistics(NamedTuple):
    """What the verdict depends on, in the unit of the quantity."""

    n: int
    correlation: float
    rmse: float
    variation: float
    mean_in_situ: float
    bias: float = float("nan")


def statistics(match_ups: pd.DataFrame, *, signed_variation: bool = False) -> Statistics:
    """Statistics of a match-up table with columns in_situ and product."""
    x, y = (match_ups[c].to_numpy(dtype=float) for c in ("in_situ", "product"))
    if not len(x):
        return Statistics(0, *[float("nan")] * 4)
    variation = float(coefficient_of_variation(x, signed=signed_variation))
    return Statistics(len(x), correlation(x, y), rmse(x, y), variation, float(x.mean()), float((y - x).mean()))


def assess(
    match_ups: pd.DataFrame,
    quantity: str,
    *,
    signed_variation: bool = False,
    reservations: Sequence[Sentence] = (),
) -> AccuracyResult:
    """Judge a product by its match-ups with in-situ data; see `judge` for the rules.

    Args:
        match_ups: columns in_situ and product, see `match_up.match_ups`.
        quantity: "pco2_sea" [Pa] or "co2_flux" [mmol m-2 d-1].
        signed_variation: coefficient of variation with the signed mean, as printed.
        reservations: what stands beside the verdict, such as a climatological match.

    Returns:
        numbers, verdict and reasons.

    Raises:
        InputError: for another quantity.
    """
    numbers = statistics(match_ups, signed_variation=signed_variation)
    return judge(quantity, numbers, reservations=reservations)


def judge(quantity: str, numbers: Statistics, *, reservations: Sequence[Sentence] = ()) -> AccuracyResult:
    """Compare statistics with the thresholds of clause 4.5.3.1.

    The product is qualified if all three hold: the coefficient of variation (CV) of the in-situ data exceeds
    0.25; the correlation exceeds 0.7; and the RMSE is below its limit: for pCO2 2 Pa, or 3.5 Pa when CV >
    0.3; for the flux 4 mmol m-2 d-1 when the mean in-situ flux is at most 10 in size, else 40 % of it. The
    standard leaves a mean of exactly 10 open; both limits are 4 mmol m-2 d-1 there. No verdict (None) is
    given for fewer than three match-ups, or where in-situ data or product have no spread, so that R does not
    exist.

    Args:
        quantity: "pco2_sea" [Pa] or "co2_flux" [mmol m-2 d-1].
        numbers: statistics of the match-ups.
        reservations: sentences put after the reasons.

    Raises:
        InputError: for another quantity.

    Appendix D of the standard, East China Sea, August 2009 (the mean is not printed):

    >>> judge("pco2_sea", Statistics(20, 0.89, 2.74, 0.33, float("nan"))).passed
    True
    """
    if quantity not in QUANTITIES:
        raise InputError(f"{quantity!r} has no thresholds in clause 4.5.3.1; it has for {', '.join(QUANTITIES)}")
    limit, relative = rmse_limit(quantity, numbers)
    if numbers.n < FEWEST_MATCH_UPS or np.isnan(numbers.correlation):
        passed, reasons = None, [_undecidable(numbers)]
    else:
        rules = [
            _variation_rule(numbers),
            _correlation_rule(numbers),
            _rmse_rule(quantity, numbers, limit, relative),
        ]
        passed = all(held for held, _ in rules)
        verdict = _verdict(passed, numbers.n, quantity, bool(reservations))
        reasons = [verdict, *(sentence for _, sentence in rules)]
    return AccuracyResult(
        quantity=quantity,
        n=numbers.n,
        correlation=numbers.correlation,
        rmse=numbers.rmse,
        bias=numbers.bias,
        mean_in_situ=numbers.mean_in_situ,
        variation=numbers.variation,
        rmse_limit=limit,
        relative_limit=relative,
        passed=passed,
        reasons=(*reasons, *reservations),
    )


def rmse_limit(quantity: str, numbers: Statistics) -> tuple[float, bool]:
    """Limit of the RMSE that applies, and whether it is relative to the mean.

    >>> rmse_limit("co2_flux", Statistics(20, 0.9, 5.0, 0.5, -10.0))
    (4.0, False)
    >>> rmse_limit("co2_flux", Statistics(20, 0.9, 5.0, 0.5, -10.1))
    (0.4, True)
    """
    if quantity == "pco2_sea":
        return (PCO2_LIMIT_WIDE if numbers.variation > WIDE_VARIATION else PCO2_LIMIT), False
    large = abs(numbers.mean_in_situ) > LARGE_MEAN_FLUX
    return (FLUX_LIMIT_RELATIVE, True) if large else (FLUX_LIMIT, False)


def _undecidable(numbers: Statistics) -> Sentence:
    if numbers.n < FEWEST_MATCH_UPS:
        return Sentence(
            f"No verdict: {numbers.n} match-ups are fewer than the {FEWEST_MATCH_UPS} that statistics need.",
            f"无法判定：匹配数据仅{numbers.n}对，少于统计所需的{FEWEST_MATCH_UPS}对。",
        )
    return Sentence(
        "No verdict: the in-situ data or the product have no spread, so the correlation does not exist.",
        "无法判定：实测数据或遥感数据没有变化，相关系数不存在。",
    )


def _verdict(passed: bool, n: int, quantity: str, reserved: bool) -> Sentence:
    about = notation_of(quantity)
    but, but_zh = (", under the reservation below", "（附保留意见）") if reserved else ("", "")
    en = "meets" if passed else "does not meet"
    zh = "符合" if passed else "不符合"
    return Sentence(
        f"By {n} match-ups the {about.meaning.split(',')[0]} {en} clause 4.5.3.1{but}.",
        f"依据{n}对匹配数据，{about.zh}产品{zh}4.5.3.1的要求{but_zh}。",
    )


def _variation_rule(numbers: Statistics) -> tuple[bool, Sentence]:
    cv = numbers.variation
    if np.isnan(cv):
        return False, Sentence(
            "The mean of the in-situ data vanishes: their coefficient of variation does not exist.",
            "实测数据平均值为零，变异系数不存在。",
        )
    if cv > LEAST_VARIATION:
        return True, Sentence(
            f"The in-situ data vary enough: coefficient of variation {cv:.3f} > {LEAST_VARIATION}.",
            f"实测数据变异系数{cv:.3f}，大于{LEAST_VARIATION}，满足要求。",
        )
    return False, Sentence(
        f"The in-situ data are too concentrated: coefficient of variation {cv:.3f}, more than"
        f" {LEAST_VARIATION} is needed. This is a shortcoming of the validation data, not of the product;"
        " data of a wider range would decide.",
        f"实测数据过于集中：变异系数{cv:.3f}，应大于{LEAST_VARIATION}。"
        "这是验证数据的不足而非产品的缺陷，需补充变化范围更大的数据。",
    )


def _correlation_rule(numbers: Statistics) -> tuple[bool, Sentence]:
    r, held = numbers.correlation, numbers.correlation > LEAST_CORRELATION
    if held:
        return held, Sentence(
            f"Correlation R = {r:.3f} > {LEAST_CORRELATION}.",
            f"相关系数R={r:.3f}，大于{LEAST_CORRELATION}，满足要求。",
        )
    return held, Sentence(
        f"Correlation R = {r:.3f} is not greater than {LEAST_CORRELATION}.",
        f"相关系数R={r:.3f}，不大于{LEAST_CORRELATION}，不满足要求。",
    )


def _rmse_rule(quantity: str, numbers: Statistics, limit: float, relative: bool) -> tuple[bool, Sentence]:
    value, en, zh = _rmse_in_words(quantity, numbers, limit, relative)
    held = value < limit
    sign, zh_held = ("<", "满足要求") if held else ("≥", "不满足要求")
    shown = f"{limit:.0%}" if relative else f"{limit:g} {notation_of(quantity).unit}"
    return held, Sentence(f"{en} {sign} {shown}.", f"{zh}，限值{shown}，{zh_held}。")


def _rmse_in_words(quantity: str, numbers: Statistics, limit: float, relative: bool) -> tuple[float, str, str]:
    """Value that is compared, and the beginning of the sentence, which says why this limit applies."""
    unit, cv, mean, error = notation_of(quantity).unit, numbers.variation, numbers.mean_in_situ, numbers.rmse
    if relative:
        part = error / abs(mean)
        en = f"Mean in-situ flux {mean:.2f} {unit}, more than {LARGE_MEAN_FLUX:g} in size: RMSE / |mean| ="
        zh = f"实测通量平均值{mean:.2f} {unit}，绝对值大于{LARGE_MEAN_FLUX:g}：RMSE/|平均值|={part:.1%}"
        return part, f"{en} {error:.2f} / {abs(mean):.2f} = {part:.1%}", zh
    if quantity == "co2_flux":
        en = f"Mean in-situ flux {mean:.2f} {unit}, at most {LARGE_MEAN_FLUX:g} in size: RMSE"
        zh = f"实测通量平均值{mean:.2f} {unit}，绝对值不大于{LARGE_MEAN_FLUX:g}：RMSE"
    elif limit == PCO2_LIMIT_WIDE:
        en = f"Coefficient of variation {cv:.3f} > {WIDE_VARIATION}, so the looser limit applies: RMSE"
        zh = f"变异系数{cv:.3f}大于{WIDE_VARIATION}，限值放宽：RMSE"
    else:
        en, zh = "RMSE", "RMSE"
    return error, f"{en} = {error:.2f} {unit}", f"{zh}={error:.2f} {unit}"
