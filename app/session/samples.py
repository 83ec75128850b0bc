"""Edits of what is open: samples and regions taken out, moving about in them."""

from dataclasses import replace

from app.session.data import steps_of
from app.session.project import Project, Sample, View


def without_sample(project: Project, name: str) -> Project:
    """The project without a sample, its fits included."""
    samples = tuple(sample for sample in project.samples if sample.name != name)
    fits = {sample: own for sample, own in project.fits.items() if sample != name}
    left_out = (*project.left_out, (name, ""))
    made = replace(project, samples=samples, fits=fits, left_out=left_out)
    return replace(made, view=settled(made.view, samples))


def without_region(project: Project, sample: str, region: str) -> Project:
    """The project without a region of a sample; its fits stay, they hold the others as well."""
    found = project.sample(sample)
    if found is None:
        return project
    series = {name: one for name, one in found.series.items() if name != region}
    if not series:
        return without_sample(project, sample)
    made = Sample(sample, series, steps_of(series.values()))
    samples = tuple(made if one is found else one for one in project.samples)
    left_out = (*project.left_out, (sample, region))
    after = replace(project, samples=samples, left_out=left_out)
    return replace(after, view=settled(after.view, samples))


def settled(view: View, samples: tuple[Sample, ...]) -> View:
    """Stay where the user is, or as near as the samples allow."""
    if not samples:
        return replace(view, sample="", region="", step=0)
    sample = next((one for one in samples if one.name == view.sample), samples[0])
    region = view.region if view.region in sample.series else next(iter(sample.series))
    step = view.step if view.step in sample.steps else sample.steps[0]
    return replace(view, sample=sample.name, region=region, step=step)


def stepped(project: Project, by: int) -> View:
    """The view some steps on; it stops at the ends."""
    sample, view = project.shown, project.view
    if sample is None:
        return view
    here = sample.steps.index(view.step) if view.step in sample.steps else 0
    there = min(max(here + by, 0), len(sample.steps) - 1)
    return replace(view, step=sample.steps[there])


def region_turned(project: Project, by: int) -> View:
    """The view some regions on, round and round."""
    sample, view = project.shown, project.view
    if sample is None:
        return view
    regions = list(sample.series)
    here = regions.index(view.region) if view.region in regions else 0
    return replace(view, region=regions[(here + by) % len(regions)])
