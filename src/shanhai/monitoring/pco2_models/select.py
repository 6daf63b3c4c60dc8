"""Choice among candidate models: HY/T 0343.5 clause B.2."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from shanhai.core.errors import InputError
from shanhai.monitoring.accuracy import LEAST_CORRELATION, LEAST_VARIATION
from shanhai.monitoring.pco2_models.validation import Validation
from shanhai.monitoring.results import Sentence


@dataclass(frozen=True)
class Selection:
    """Outcome of the choice.

    Args:
        table: one row per candidate, best first, with label, n, correlation, rmse, variation,
            worst_fold_rmse, rmse_limit, qualified and rank_sum.
        chosen: the validation of the chosen candidate; None where none qualifies.
        reasons: why, in words.
    """

    table: pd.DataFrame
    chosen: Validation | None
    reasons: tuple[Sentence, ...]


def select(validations: Sequence[Validation], *, force: bool = False) -> Selection:
    """Choose the qualified model of larger correlation and smaller error.

    HY/T 0343.5 clause B.2 does not say what to do when one model has the larger R and another the smaller
    RMSE. The rule here: the qualified candidates are ranked by R and by RMSE, the smaller sum of both ranks
    wins, and equal sums are decided by the smaller RMSE.

    A candidate qualifies by its R and RMSE. Match-ups that vary too little for clause 4.5.3 (coefficient of
    variation of 0.25 or less) are a shortcoming of the data that all candidates share: a stated reservation.

    Args:
        validations: candidates judged on the same match-ups.
        force: choose the best by the same rule even where none qualifies; the reasons say so.

    Raises:
        InputError: if there is no candidate or they were judged on different match-ups.
    """
    _comparable(validations)
    ranked = _ranked(validations)
    table, places = ranked.reset_index(drop=True), ranked.index
    passed = table[table["qualified"]]
    order = passed if len(passed) else table
    if not len(passed) and not force:
        return Selection(table, None, (*_failures(table), *_reservations(table)))
    best = order.iloc[0]
    reasons = [*([] if len(passed) else _failures(table)), _why(best, order, bool(len(passed)))]
    chosen = validations[int(places[order.index[0]])]
    return Selection(table, chosen, (*reasons, *_reservations(table)))


def _comparable(validations: Sequence[Validation]) -> None:
    if not validations:
        raise InputError("there is no candidate to choose from", where="candidates", do="name at least one model")
    first = validations[0]
    for other in validations[1:]:
        if not np.array_equal(first.observed, other.observed):
            raise InputError(
                f"{other.spec.label} was judged on other match-ups than {first.spec.label}",
                where="candidates",
                do="validate all candidates on the same match-ups, as `train` does",
            )


def _ranked(validations: Sequence[Validation]) -> pd.DataFrame:
    """Table of the candidates, best first; the index is their place in the list handed in."""
    table = pd.DataFrame([_row(v) for v in validations])
    scored = table.where(table["qualified"]) if table["qualified"].any() else table
    by_r = scored["correlation"].rank(ascending=False, method="min")
    by_rmse = scored["rmse"].rank(method="min")
    table["rank_sum"] = by_r + by_rmse
    return table.sort_values(["qualified", "rank_sum", "rmse"], ascending=[False, True, True], kind="stable")


def _row(v: Validation) -> dict[str, object]:
    a = v.accuracy
    return {
        "label": v.spec.label,
        "n": a.n,
        "correlation": a.correlation,
        "rmse": a.rmse,
        "variation": a.variation,
        "worst_fold_rmse": max(v.fold_rmse),
        "rmse_limit": a.rmse_limit,
        "qualified": a.correlation > LEAST_CORRELATION and a.rmse < a.rmse_limit,
    }


def _why(best: pd.Series, order: pd.DataFrame, qualified: bool) -> Sentence:
    """Say whether the chosen model stands alone, leads in both measures, or wins by the rule for conflicts."""
    kind, kind_zh = ("qualified", "合格") if qualified else ("unqualified", "不合格")
    measures = f"R = {best['correlation']:.3f}, RMSE = {best['rmse']:.3f} Pa"
    leads = best["correlation"] >= order["correlation"].max() and best["rmse"] <= order["rmse"].min()
    if len(order) == 1:
        en, zh = f"it is the only {kind} candidate", f"它是唯一的{kind_zh}模型"
    elif leads:
        en = f"of {len(order)} {kind} candidates it has the largest R and the smallest RMSE"
        zh = f"在{len(order)}个{kind_zh}模型中，其相关系数最大且均方根误差最小"
    else:
        en = (
            f"R and RMSE of the {len(order)} {kind} candidates disagree, and it has the smallest sum of both "
            "ranks (equal sums: the smaller RMSE)"
        )
        zh = (
            f"{len(order)}个{kind_zh}模型的相关系数与均方根误差排序不一致，按两者名次之和最小"
            "（相同时取均方根误差较小者）选取"
        )
    return Sentence(f"{best['label']} was chosen ({measures}): {en}.", f"选取{best['label']}（{measures}）：{zh}。")


def _failures(table: pd.DataFrame) -> list[Sentence]:
    rows = []
    for _, row in table.iterrows():
        measures = f"R = {row['correlation']:.3f}, RMSE = {row['rmse']:.3f} Pa"
        rows.append(
            Sentence(
                f"{row['label']} does not qualify: {measures}, where R > {LEAST_CORRELATION:g} and RMSE < "
                f"{row['rmse_limit']:g} Pa are required (clause 4.5.3).",
                f"{row['label']}不合格：{measures}，要求R > {LEAST_CORRELATION:g}且RMSE < "
                f"{row['rmse_limit']:g} Pa（4.5.3）。",
            )
        )
    return rows


def _reservations(table: pd.DataFrame) -> list[Sentence]:
    """The match-ups themselves may be too much alike to prove anything."""
    variation = float(table["variation"].iloc[0])
    if variation > LEAST_VARIATION:
        return []
    return [
        Sentence(
            f"The coefficient of variation of the match-ups is {variation:.3f}; clause 4.5.3 wants more than "
            f"{LEAST_VARIATION:g}, so the comparison holds within this narrow range only.",
            f"匹配数据的变异系数为{variation:.3f}，4.5.3要求大于{LEAST_VARIATION:g}，比较结果仅在该范围内有效。",
        )
    ]
