"""Three published incubations fitted together: kinetics in common, stocks of each soil its own.

`python -m validation.incubations_joint FOLDER [STARTS]` reads a folder of the Soil Incubation Database and adds the fit
to docs/validation_incubations.json.
"""

import json
import sys
import time
from functools import partial
from pathlib import Path

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array

from shanhai.models.site.jar import Jar
from shanhai.numerics.calibration import Calibrated, calibrate, parameters, with_parameters
from shanhai.site import incubation
from shanhai.site.incubation import Data, Settings
from shanhai.soil.layer import Layer
from validation.incubations import DOCS, FREE, OXYGEN, STUDIES

COMMON = [n for n in (*FREE, *OXYGEN) if n.startswith("layer.") and n != "layer.thickness"]
"""What microbes and aggregates have in common; thickness belongs to the jars."""


class Together(eqx.Module):
    """Processes in common, and the jars of each study, whose common numbers are not read."""

    layer: Layer
    sierra: Jar
    fontaine: Jar
    andrews: Jar


def jar_of(together: Together, study: str) -> Jar:
    """A jar with the common numbers."""
    return with_parameters(getattr(together, study), COMMON, parameters(together, COMMON))


def residuals(how: tuple[tuple[str, object, int], ...], together: Together, given: dict[str, Data]) -> Array:
    """All of the three, over their errors."""
    each = [incubation._residuals(seen, days, jar_of(together, k), given[k]) for k, seen, days in how]
    return jnp.concatenate(each)


def known(settings: dict[str, Settings]) -> dict[str, float]:
    """Standard errors of the logarithms of what is common and what is each study's own."""
    spread = {n: (FREE | OXYGEN)[n] for n in COMMON}
    for study, s in settings.items():
        spread |= {f"{study}.{n}": w for n, w in zip(s.free, s.spread) if n not in COMMON}
    return spread


def fitted(settings: dict[str, Settings], data: dict[str, Data], starts: int, most: int = 150) -> Calibrated:
    """Fit from the defaults of the layer, which are what was known."""
    model = Together(Jar().layer, **{study: s.jar for study, s in settings.items()})
    how = tuple((k, incubation._seen(s), incubation._length(data[k])) for k, s in settings.items())
    return calibrate(model, partial(residuals, how), known(settings), most, data, logarithmic=True, starts=starts)


def told(settings: dict[str, Settings], data: dict[str, Data], found: Calibrated) -> dict[str, object]:
    """Variance told and misfit of every study, and the parameters, rounded."""
    studies = {}
    for study, s in settings.items():
        measured = np.asarray(data[study].values)
        off = np.asarray(incubation.predict(s, jar_of(found.model, study), data[study])) - measured
        spread = measured - np.nanmean(measured)
        studies[study] = {
            "r2": float(f"{1.0 - np.nansum(off**2) / np.nansum(spread**2):.3g}"),
            "misfit": float(f"{np.nanmean((off / np.asarray(data[study].error)) ** 2):.3g}"),
        }
    rows = {n: [float(f"{v[n]:.8g}") for v in (found.values, found.spread, found.learned)] for n in found.values}
    return {"studies": studies, "parameters": rows, "costs": [float(f"{c:.6g}") for c in found.costs]}


def main(folder: Path, starts: int) -> None:
    """Fit and write what came out."""
    began = time.perf_counter()
    settings = {study: make(folder) for study, make in STUDIES.items()}
    data = {study: incubation.read(s)[0] for study, s in settings.items()}
    out = told(settings, data, fitted(settings, data, starts))
    file = DOCS / "validation_incubations.json"
    stored = json.loads(file.read_text())
    file.write_text(json.dumps(stored | {"joint": out}, indent=1) + "\n")
    print(out["studies"], out["costs"], f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
