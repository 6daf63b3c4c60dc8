"""The semi-analytic sum of a background and the effects of single factors: HY/T 0343.5 formula (B.3)."""

import dataclasses
import warnings
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike
from pydantic import Field, field_validator, model_validator

from shanhai.core.errors import InputError, ShanhaiWarning, nearest
from shanhai.core.notation import quantity
from shanhai.core.params import Described, describe, par
from shanhai.monitoring.pco2_models.effects import EFFECTS, REGIONAL, Biology, Effect, Factor
from shanhai.monitoring.pco2_models.model import Inputs, ModelSpec, PCO2Model, training_arrays


class SemiAnalytic(PCO2Model):
    r"""Background plus the changes that each factor causes.

    $$p_{CO_2} = \overline{p_{CO_2}}
      + \sum_n \frac{\partial p_{CO_2}}{\partial V_n} \Delta V_n + \varepsilon$$

    Source: HY/T 0343.5 formula (B.3); Bai et al. (2015). Effects add; what they do together is in the
    residual.

    Args:
        effects: terms by name; a name that is not one of `EFFECTS` is a `Factor`.
        background: climatological mean of the sea area.
        inputs: predictors with their range; made of the effects when absent.
    """

    names: tuple[str, ...] = eqx.field(static=True)
    effects: tuple[Effect, ...]
    inputs: Inputs
    background: Array = par(
        36.0,
        "Pa",
        source=REGIONAL,
        meaning="climatological mean of pCO2 in the sea area",
        bounds=(1.0, 1000.0),
    )

    def __init__(
        self,
        effects: Mapping[str, Effect],
        background: ArrayLike = 36.0,
        inputs: Inputs | None = None,
    ) -> None:
        if not effects:
            raise InputError("a semi-analytic model needs at least one effect", where="effects")
        for name, effect in effects.items():
            if not isinstance(effect, EFFECTS.get(name, Factor)) or getattr(effect, "quantity", name) != name:
                raise InputError(
                    f"{name!r} does not name a {type(effect).__name__}; {nearest(name, EFFECTS)}",
                    where="effects",
                )
        self.names, self.effects = tuple(effects), tuple(effects.values())
        self.background = jnp.asarray(background, dtype=float)
        self.inputs = inputs or _believable(self.effects)

    def evaluate(self, columns: Array) -> Array:
        """Partial pressure [Pa] of samples."""
        given = dict(zip(self.inputs.names, columns, strict=True))
        changes = [effect.change(self.background, given) for effect in self.effects]
        return self.background + sum(changes[1:], start=changes[0])

    def parameters(self) -> list[Described]:
        """List every parameter with its unit, bounds and source, by names such as ``thermal.sensitivity``."""
        rows = describe(self)
        for name, effect in zip(self.names, self.effects, strict=True):
            rows += describe(effect, f"{name}.")
        return rows

    def describe(self) -> str:
        """List the parameters."""
        rows = [f"  {p.name} = {p.value:.6g} {p.unit}: {p.meaning} ({p.source})" for p in self.parameters()]
        return "\n".join([f"semi-analytic sum (B.3) of {', '.join(self.names)}", *rows])


def _predictors_of(effects: Sequence[Effect]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for effect in effects for name in effect.predictors))


def _believable(effects: Sequence[Effect]) -> Inputs:
    """Range of the notation table, for a model that was not trained."""
    names = _predictors_of(effects)
    logarithmic = [n for e in effects if isinstance(e, Biology) for n in e.predictors]
    low, high = np.array([(quantity(n).low, quantity(n).high) for n in names]).T
    return Inputs(names, logarithmic, low=low, high=high)


def calibrate(
    model: SemiAnalytic, columns: Mapping[str, ArrayLike], pco2: ArrayLike, free: Sequence[str]
) -> SemiAnalytic:
    """Fit the named parameters by least squares within their bounds, with exact derivatives.

    Args:
        model: first guess; its other parameters and all reference values stay.
        columns: predictors by name, in units of the notation table.
        pco2: observed partial pressure [Pa].
        free: names of parameters such as ``background`` or ``mixing.slope``.

    Raises:
        InputError: for an unknown parameter, gaps, too few match-ups, or parameters that act alike.
    """
    from scipy.optimize import least_squares

    about = {p.name: p for p in model.parameters() if not p.name.endswith(".reference")}
    for name in free:
        if name not in about:
            raise InputError(f"{name!r} cannot be calibrated; {nearest(name, about)}", where="calibrate")
    arrays, target = training_arrays(columns, pco2, model.predictors, len(free))
    stacked = jnp.asarray(np.stack([arrays[n] for n in model.predictors]))

    @jax.jit
    def residual(values: Array) -> Array:
        return _with(model, free, values).evaluate(stacked) - target

    slopes = jax.jit(jax.jacfwd(residual))
    first = jnp.asarray([about[name].value for name in free])
    if not np.isfinite(residual(first)).all():
        raise InputError(
            "an effect has no value for some match-ups, such as chlorophyll or a mixed layer of zero",
            where="calibrate",
            do="drop these match-ups",
        )
    bounds = np.array([about[name].bounds for name in free]).T
    found = least_squares(
        lambda v: np.asarray(residual(v)),
        np.clip(first, *_inside(bounds)),
        jac=lambda v: np.asarray(slopes(v)),
        bounds=bounds,
        x_scale="jac",
    )
    _independent(found.jac, free)
    for name, value, low, high in zip(free, found.x, *bounds, strict=True):
        if min(value - low, high - value) <= 1e-6 * (high - low):
            warnings.warn(
                f"The parameter {name} rests on its bound, {value:.3g} {about[name].unit}: the match-ups ask "
                "for a value that is not physical, so another effect is missing.",
                ShanhaiWarning,
                stacklevel=2,
            )
    return _with(model, free, jnp.asarray(found.x))


def _inside(bounds: Any) -> tuple[Any, Any]:
    """Bounds a little inward, where an optimiser must begin."""
    width = np.where(np.isfinite(bounds[1] - bounds[0]), bounds[1] - bounds[0], 0.0)
    return bounds[0] + 1e-6 * width, bounds[1] - 1e-6 * width


def _independent(jacobian: Any, free: Sequence[str]) -> None:
    """Refuse parameters whose effects on the match-ups are multiples of each other."""
    norms = np.linalg.norm(jacobian, axis=0)
    if (norms == 0).any() or np.linalg.cond(jacobian / norms) > 1e8:
        raise InputError(
            f"the match-ups cannot tell the parameters {', '.join(free)} apart",
            where="calibrate",
            do="calibrate fewer of them",
        )


def _with(model: SemiAnalytic, free: Sequence[str], values: Array) -> SemiAnalytic:
    """Same model with other values of the named parameters."""
    groups: dict[str, dict[str, Array]] = {}
    for name, value in zip(free, values, strict=True):
        owner, _, field = name.rpartition(".")
        groups.setdefault(owner, {})[field] = value
    effects = {
        name: dataclasses.replace(effect, **groups.get(name, {}))
        for name, effect in zip(model.names, model.effects, strict=True)
    }
    background = groups.get("", {}).get("background", model.background)
    return SemiAnalytic(effects, background, model.inputs)


class SemiAnalyticSpec(ModelSpec):
    """A semi-analytic model to be calibrated.

    Args:
        effects: names of the effects, see `EFFECTS`.
        factors: further quantities with a linear effect.
        calibrate: parameters to be fitted; those usually unknown when absent.
        known: values of parameters that are known, such as ``mixing.slope`` from the end members; an effect
            whose reference is known keeps it, the others are referred to the mean of the training data.
    """

    kind: Literal["semi_analytic"] = "semi_analytic"
    predictors: tuple[str, ...] = ()
    log10: Annotated[tuple[str, ...], Field(max_length=0)] = ()
    effects: tuple[str, ...] = ("thermal", "mixing", "biology")
    factors: tuple[str, ...] = ()
    calibrate: tuple[str, ...] | None = None
    known: dict[str, float] = Field(default_factory=dict)

    @field_validator("effects")
    @classmethod
    def _known_effects(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in EFFECTS:
                raise ValueError(f"{name!r} is not an effect; {nearest(name, EFFECTS)}")
        return names

    @model_validator(mode="before")
    @classmethod
    def _predictors_follow(cls, raw: Any) -> Any:
        """The effects decide what is needed, so predictors need not be named."""
        if not isinstance(raw, dict):
            return raw
        effects = raw.get("effects", cls.model_fields["effects"].default)
        needed = _predictors_of([EFFECTS[n]() for n in effects if n in EFFECTS])
        needed = tuple(dict.fromkeys([*needed, *raw.get("factors", ())]))
        if set(raw.get("predictors", needed)) != set(needed):
            raise ValueError(f"the effects need the predictors {', '.join(needed)}, no more and no less")
        return {**raw, "predictors": needed}

    @property
    def label(self) -> str:
        """Short name that tells candidates apart."""
        return f"semi_analytic({', '.join([*self.effects, *self.factors])})"

    def first_guess(self) -> SemiAnalytic:
        """Model before calibration, with the known parameters."""
        effects = {name: EFFECTS[name]() for name in self.effects} | {name: Factor(name) for name in self.factors}
        model = SemiAnalytic(effects)
        names = [p.name for p in model.parameters()]
        for name in self.known:
            if name not in names:
                raise InputError(f"{name!r} is not a parameter; {nearest(name, names)}", where="known")
        return _with(model, list(self.known), jnp.asarray(list(self.known.values())))

    def fit(self, columns: Mapping[str, ArrayLike], pco2: ArrayLike) -> SemiAnalytic:
        """Centre the effects on the training data and calibrate what is free.

        Raises:
            InputError: as `calibrate`.
        """
        guess = self.first_guess()
        free = self.calibrate if self.calibrate is not None else self._usually_unknown()
        arrays, target = training_arrays(columns, pco2, guess.predictors, len(free))
        effects = {
            n: e if f"{n}.reference" in self.known else e.centred(arrays)
            for n, e in zip(guess.names, guess.effects, strict=True)
        }
        seen = Inputs.of(guess.predictors, guess.inputs.logarithmic, arrays)
        inputs = Inputs(seen.names, seen.logarithmic, low=seen.low, high=seen.high)
        background = self.known.get("background", float(target.mean()))
        return calibrate(SemiAnalytic(effects, background, inputs), arrays, target, free)

    def _usually_unknown(self) -> tuple[str, ...]:
        unknown = {
            "mixing": ("mixing.slope", "mixing.curvature"),
            "biology": ("biology.drawdown",),
            "exchange": ("exchange.residence_time",),
        }
        names = [p for e in self.effects for p in unknown.get(e, ())] + [f"{f}.slope" for f in self.factors]
        return tuple(n for n in ("background", *names) if n not in self.known)
