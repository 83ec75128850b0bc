"""What is true of a scene.

Paths, every one (K,) by step: the columns of the steps, ``shift_eV``, ``width_factor``;
``amount/PHASE`` mol/L, mean over the information depth of the first region, the film included
(its damping taken out where the plan knows the film, here and in atomic fractions);
``molar_fraction/PHASE`` its share of all counted phases;
``area/REGION/PHASE`` counts eV; ``area_fraction/REGION/PHASE`` share of the counted area of the
region; ``atomic_fraction/REGION/PHASE`` share of all counted areas over sensitivity of all
regions; the last two and ``molar_fraction`` also for ``group:NAME``;
``component_area/REGION/COMPONENT`` counts eV, replicas included (``..._loss1``);
``loss_area/REGION`` counts eV, all replicas of the region;
``glitch/KIND/REGION`` 1 in the step where something went wrong; and what the experiment adds.
"""

from collections.abc import Collection, Iterable, Mapping

import numpy as np

from fitting.arrays import FloatArray
from fitting.simulate.scene import Glitch, Region, Scene, level_sensitivity
from fitting.simulate.spectra import Peak

GLITCHES_FROM_STEPS = 8
"""Shorter series have none: they are for quick looks."""

Areas = Mapping[str, Mapping[str, FloatArray]]


def truth_of(scene: Scene, peaks: Mapping[str, tuple[Peak, ...]]) -> dict[str, FloatArray]:
    """Slash path -> (K,) values of one sample."""
    return {
        **scene.columns,
        "shift_eV": scene.shift_eV,
        "width_factor": scene.width_factor,
        **scene.truth,
        **_amounts(scene),
        **_areas(peaks),
        **_fractions(scene, peaks),
        **_glitches(scene),
    }


def glitch_step(glitch: Glitch, steps: int) -> int | None:
    """Step in which it happens; None where the series is too short for any."""
    return round(glitch.at * (steps - 1)) if steps >= GLITCHES_FROM_STEPS else None


def _amounts(scene: Scene) -> dict[str, FloatArray]:
    first = scene.regions[0]
    amounts = {p: n / _damping(scene, first, p) for p, n in scene.seen(first).items()}
    counted = {p: n for p, n in amounts.items() if p not in scene.uncounted}
    whole = _total(counted.values(), len(scene))
    named = with_groups(counted, scene.groups)
    return {f"amount/{phase}": n for phase, n in amounts.items()} | {
        f"molar_fraction/{name}": n / whole for name, n in named.items()
    }


def _damping(scene: Scene, region: Region, phase: str) -> FloatArray | float:
    """What a film that the plan knows lets through of a phase; 1 for what is not under it."""
    film = scene.film
    if film is None or not film.known or phase not in scene.below[region.name]:
        return 1.0
    return film.through(region.kinetic_energy_eV)


def _areas(peaks: Mapping[str, tuple[Peak, ...]]) -> dict[str, FloatArray]:
    truth: dict[str, FloatArray] = {}
    for region, components in peaks.items():
        for peak in components:
            truth[f"component_area/{region}/{peak.component}"] = peak.area
            path = f"loss_area/{region}" if peak.order else f"area/{region}/{peak.phase}"
            truth[path] = truth.get(path, 0.0) + peak.area
    return truth


def _fractions(scene: Scene, peaks: Mapping[str, tuple[Peak, ...]]) -> dict[str, FloatArray]:
    areas = {name: _by_phase(parts, scene.uncounted) for name, parts in peaks.items()}
    atoms = {
        region.name: {
            phase: area
            / level_sensitivity(scene, region, region.name, phase).value
            / _damping(scene, region, phase)
            for phase, area in areas[region.name].items()
        }
        for region in scene.regions
    }
    every = _total((n for inner in atoms.values() for n in inner.values()), len(scene))
    truth: dict[str, FloatArray] = {}
    for region in areas:
        whole = _total(areas[region].values(), len(scene))
        for name, area in with_groups(areas[region], scene.groups).items():
            truth[f"area_fraction/{region}/{name}"] = area / whole
        for name, number in with_groups(atoms[region], scene.groups).items():
            truth[f"atomic_fraction/{region}/{name}"] = number / every
    return truth


def _by_phase(peaks: tuple[Peak, ...], uncounted: Collection[str]) -> dict[str, FloatArray]:
    """Phase -> (K,) area of its lines; replicas are not counted."""
    areas: dict[str, FloatArray] = {}
    for peak in peaks:
        if peak.order == 0 and peak.phase not in uncounted:
            areas[peak.phase] = areas.get(peak.phase, 0.0) + peak.area
    return areas


def with_groups(
    values: Mapping[str, FloatArray], groups: Mapping[str, tuple[str, ...]]
) -> dict[str, FloatArray]:
    """Phases, and the groups of which at least one is there."""
    named = dict(values)
    for group, members in groups.items():
        present = [values[phase] for phase in members if phase in values]
        if present:
            named[f"group:{group}"] = np.sum(present, axis=0)
    return named


def _glitches(scene: Scene) -> dict[str, FloatArray]:
    truth = {}
    for glitch in scene.glitches:
        step = glitch_step(glitch, len(scene))
        hit = np.zeros(len(scene))
        if step is not None:
            hit[step] = 1.0
        truth[f"glitch/{glitch.kind}/{glitch.region}"] = hit
    return truth


def _total(parts: Iterable[FloatArray], steps: int) -> FloatArray:
    return sum(parts, np.zeros(steps))
