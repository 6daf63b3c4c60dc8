"""What the reader of a report must know: reservations that follow from the settings and the data of a job."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import xarray as xr

from shanhai.airsea.transfer import TransferLaw
from shanhai.monitoring.chemistry import has_chemistry
from shanhai.monitoring.config import CHEMISTRY, CarbonateSection
from shanhai.monitoring.flux import options_of
from shanhai.monitoring.job import Job, beyond_standard
from shanhai.monitoring.modelled import OUTSIDE
from shanhai.monitoring.results import Sentence
from shanhai.monitoring.validity import validity_notes

ICE_LATITUDE = 37.0
"""Sea ice does not occur closer to the equator; the Bohai freezes in part every winter [degree]."""

LEAST_SHARE = 1.0
"""Fewer cells than this are put down to rounding [%]."""

COMPENSATION_LACKING = Sentence(
    "The wind compensation factor is 1: winds inside the periods are not known or not used. For a "
    "quadratic law this typically misses 15 to 35 % of the transfer.",
    "平均风速补偿系数取1：未使用周期内的逐次风速。对平方关系通常低估传输速率15%～35%。",
)
LISS_MERLIVAT = Sentence(
    "Liss & Merlivat: C1 = 1 is exact only if all winds of a period lie in one of its three regimes.",
    "Liss & Merlivat 关系：仅当周期内风速均处于同一区段时，C1=1 才严格成立。",
)
TABLE_D1 = Sentence(
    "Mode table_d1 repeats the roundings of the printed example (solubility 0.03, one atmosphere "
    "101300 Pa, 10 000 km2 a cell). It is for comparison with Appendix D only.",
    "table_d1 模式重复附录D示例的取舍（溶解度系数取0.03、1标准大气压取101300 Pa、"
    "每网格1万平方千米），仅用于与附录D对照。",
)
ICE_UNKNOWN = Sentence(
    "HY/T 0343.5 is for ice-free seas. No sea-ice fraction is used here: water under ice, where the inputs have "
    "values, counts as open.",
    "HY/T 0343.5 适用于无冰区。本结果未使用海冰覆盖率：有数据的冰下水体按开阔水面计算。",
)


def notes_of(job: Job, fields: xr.Dataset, valid_cells: int) -> list[Sentence]:
    """Every reservation about a finished job.

    Args:
        job: the job.
        fields: its flux dataset.
        valid_cells: cells with a flux, all periods together.
    """
    law, flux = options_of(job.config.flux).law, job.config.flux
    found = [*job.notes, *_remark(job.dataset)]
    found += [_beyond(extra)] if (extra := beyond_standard(flux)) else []
    given = job.config.inputs if job.dataset is None else job.dataset
    found += [_computed_pco2(given, job.config.carbonate)] if has_chemistry(given) else []
    found += [COMPENSATION_LACKING] if _moments_lacking(law, job, fields) else []
    found += _moments_of_different_winds(job, fields)
    found += [LISS_MERLIVAT] if law.name.startswith("liss_merlivat") else []
    found += [TABLE_D1] if flux.mode == "table_d1" else []
    polar = bool(np.abs(fields.latitude.values).max() > ICE_LATITUDE)
    found += [ICE_UNKNOWN] if polar and not flux.sea_ice else []
    return found + validity_notes(fields, valid_cells) + _outside_training(fields, valid_cells)


def _computed_pco2(given: Iterable[Any], section: CarbonateSection) -> Sentence:
    pair = " + ".join(name for name in CHEMISTRY if name in set(given))
    constants = ", ".join(f"{key} {name}" for key, name in section)
    return Sentence(
        f"Sea-water pCO2 is computed from {pair} at the sea surface temperature (constants: {constants}); it carries "
        "their errors: near 340 uatm, 1 umol kg-1 of DIC or alkalinity moves it by 1.4 to 1.8 uatm.",
        f"海水pCO2由{pair}在海表温度下计算（平衡常数：{constants}），并含其误差："
        "在340 μatm附近，DIC或碱度每1 μmol/kg误差约对应1.4～1.8 μatm。",
    )


def _remark(dataset: xr.Dataset | None) -> list[Sentence]:
    """What the maker of a dataset says of it (CF attribute `comment`, and `comment_zh` beside it)."""
    if dataset is None or "comment" not in dataset.attrs:
        return []
    comment = str(dataset.attrs["comment"])
    return [Sentence(comment, str(dataset.attrs.get("comment_zh", comment)))]


def _beyond(extra: list[str]) -> Sentence:
    return Sentence(
        f"Options beyond the standard: {', '.join(extra)}.",
        f"采用了标准之外的选项：{'，'.join(extra)}。",
    )


def _moments_lacking(law: TransferLaw, job: Job, fields: xr.Dataset) -> list[str]:
    """Moments of the winds that move the mean of the law and that are not known or not used."""
    if job.config.flux.wind_compensation == "none":
        known: set[Any] = set()
    else:
        written = job.config.output.intermediate_fields
        known = set(fields if written else job.prepared(next(iter(job.parts))))
    steady = float(law.mean_k(1.0, 1.0, 1.0))
    moved = {"wind_speed_mean_square": (1.0, 2.0, 1.0), "wind_speed_mean_cube": (1.0, 1.0, 2.0)}
    return [name for name, winds in moved.items() if name not in known and float(law.mean_k(*winds)) != steady]


def _moments_of_different_winds(job: Job, fields: xr.Dataset) -> list[Sentence]:
    """Supplied moments that no set of winds can have together: <U^3> <U> < <U^2>^2 (Cauchy-Schwarz)."""
    names = ("wind_speed", "wind_speed_mean_square", "wind_speed_mean_cube")
    if not (set(names[1:]) <= set(job.config.inputs) and set(names) <= set(fields)):
        return []
    mean, square, cube = (fields[n] for n in names)
    broken, valid = xr.Dataset({"b": cube * mean < 0.999 * square**2, "v": cube.notnull()}).sum().compute().values()
    share = 100 * float(broken) / max(float(valid), 1.0)
    if share < LEAST_SHARE:
        return []
    return [
        Sentence(
            f"In {share:.0f} % of the cells the mean cube of the winds is too small for their mean square: these "
            "moments are not of one set of winds (noise in the winds raises the mean square, say), and C2 may be too "
            "high.",
            f"{share:.0f}%的网格中风速立方均值相对于平方均值过小：两者不是同一组风速的矩，C2可能偏高。",
        )
    ]


def _outside_training(fields: xr.Dataset, valid_cells: int) -> list[Sentence]:
    """Where the pCO2 model of Appendix B says nothing."""
    if OUTSIDE not in fields:
        return []
    count = int(fields[OUTSIDE].sum())
    return [
        Sentence(
            f"In {count} cells, all periods together, the predictors lie outside the training data of the pCO2 model: "
            f"no pCO2 and no flux is given there (a flux is given in {valid_cells}).",
            f"各时段合计有{count}个网格的预测因子超出海水二氧化碳分压模型的训练范围，"
            f"不给出分压和通量（给出通量的网格为{valid_cells}个）。",
        )
    ]
