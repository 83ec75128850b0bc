"""The archive as a NeXus tool sees it: required fields, default plot, units, names."""

import re

import h5py
import numpy as np
import pytest

from app.archive.names import item_name, unit_of
from app.archive.write import write_archive
from app.io.clock import NAIVE_TIME
from fitting.series import STEP_COLUMNS, AxisKind, IntensityUnit, Technique
from tests.app.archive.series import example

VALID_NAME = re.compile(r"^[a-zA-Z0-9_]([a-zA-Z0-9_.]*[a-zA-Z0-9_])?$")


def words(value):
    """Texts of a field or attribute, whatever HDF5 made of them."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, np.ndarray):
        return [words(one) for one in value.tolist()]
    return value


def default_plot(file):
    """The NXdata that the chain of @default leads to, found as the tools find it."""
    group = file
    while words(group.attrs["NX_class"]) != "NXdata":
        group = group[words(group.attrs["default"])]
    return group


def written(tmp_path, *series, truth=None):
    write_archive(tmp_path / "a.h5", series, truth)
    return h5py.File(tmp_path / "a.h5")


def check_plot(data):
    """NXdata rules that silx, NeXpy and h5web rely on."""
    signal = data[words(data.attrs["signal"])]
    axes = words(data.attrs["axes"])
    assert len(axes) == signal.ndim
    for dimension, name in enumerate(axes):
        if name == ".":
            continue
        assert data[name].shape == (signal.shape[dimension],)
        assert data.attrs[f"{name}_indices"] == dimension
        assert np.all(np.isfinite(data[name][()]))
    for attribute in data.attrs:
        if not attribute.endswith("_indices"):
            continue
        axis = data[attribute.removesuffix("_indices")]
        indices = np.atleast_1d(data.attrs[attribute])
        assert axis.shape == tuple(signal.shape[i] for i in indices)
    assert data["data_errors"].shape == signal.shape
    assert "units" in signal.attrs
    return axes


def test_default_chain_ends_at_the_first_region(tmp_path):
    series = [example("Li 1s"), example("S 2p"), example("S 2p", sample="cell B")]
    with written(tmp_path, *series) as file:
        assert words(file.attrs["NX_class"]) == "NXroot"
        data = default_plot(file)
        assert data.name == "/cell_A/Li_1s"
        assert check_plot(data) == ["charge_uAh_cm2", "energy"]
        for entry in file.values():
            assert words(entry.attrs["NX_class"]) == "NXentry"
            assert words(entry.attrs["default"]) in entry
        found = [item for item in file["cell_A"].values() if "region" in item.attrs]
        assert [check_plot(item) for item in found] == [["charge_uAh_cm2", "energy"]] * 2
        assert {words(item.attrs["region"]) for item in found} == {"Li 1s", "S 2p"}


def test_axis_fields_say_kind_unit_and_label(tmp_path):
    kinetic = example("O 1s", axis_kind=AxisKind.KINETIC_ENERGY)
    raman = example("200-600 cm-1", technique=Technique.RAMAN)
    with written(tmp_path, example(), kinetic, raman) as file:
        binding = file["cell_A_XPS/S_2p/energy"]
        assert (words(binding.attrs["units"]), words(binding.attrs["type"])) == ("eV", "binding")
        assert words(binding.attrs["long_name"]) == "Binding energy (eV)"
        assert words(file["cell_A_XPS/O_1s/energy"].attrs["type"]) == "kinetic"
        shift = file["cell_A_Raman/200_600_cm_1/raman_shift"]
        assert words(shift.attrs["units"]) == "1/cm"


def test_own_axes_per_step_are_kept_out_of_the_default_plot(tmp_path):
    series = example(k=5, n=40, x=np.add.outer(np.arange(5), np.arange(40)))
    with written(tmp_path, series) as file:
        data = default_plot(file)
        assert check_plot(data) == ["charge_uAh_cm2", "."]
        assert data.attrs["energy_indices"].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("columns", "axis"),
    [
        ({}, "step"),
        ({"charge_uAh_cm2": [0, 1, 1], "time_s": [0, 60, 120]}, "time_s"),
        ({"charge_uAh_cm2": [0, np.nan, 1]}, "step"),
        ({"potential_V": [3, 2, 1]}, "potential_V"),
        ({"cycle": [1, 2, 3]}, "step"),
    ],
)
def test_rows_run_along_the_first_column_that_can_be_drawn(tmp_path, columns, axis):
    with written(tmp_path, example(k=3, columns=columns)) as file:
        assert check_plot(default_plot(file))[0] == axis


def test_columns_that_collide_with_fields_keep_their_true_names(tmp_path):
    names = ["data", "energy", "step", "title", "a/b", "a b", "data_errors"]
    series = example(k=3, columns={name: np.arange(3.0) for name in names})
    with written(tmp_path, series) as file:
        data = default_plot(file)
        check_plot(data)
        fields = {words(f.attrs["column"]): n for n, f in data.items() if "column" in f.attrs}
    assert set(fields) == set(names)
    assert fields["data"] == "data_2"
    assert all(VALID_NAME.match(name) for name in fields.values())


def test_single_spectra_open_as_a_curve(tmp_path):
    with written(tmp_path, example(k=1)) as file:
        assert words(default_plot(file)["data"].attrs["interpretation"]) == "spectrum"


def all_items(file):
    found = {}
    file.visititems(lambda name, item: found.__setitem__(name, item))
    return found


def test_names_are_valid_and_groups_have_classes(tmp_path):
    odd = [example(region) for region in ("", "/", "..", "instrument", "Ω 1s", "S 2p ", "S 2p")]
    truth = {"cell A": {"Li 2S/x": np.zeros(2)}}
    with written(tmp_path, *odd, truth=truth) as file:
        for name, item in all_items(file).items():
            assert VALID_NAME.match(name.rsplit("/", 1)[-1]), name
            if isinstance(item, h5py.Group):
                assert words(item.attrs["NX_class"]).startswith("NX"), name
        assert words(file["cell_A/S_2p_2"].attrs["region"]) == "S 2p"


# PEERS.md section 4, NXmpes + NXxps: required
XPS_FIELDS = [
    "definition",
    "title",
    "start_time",
    "method",
    "instrument/beam_probe/incident_energy",
    "instrument/electronanalyzer/work_function",
    "instrument/electronanalyzer/collectioncolumn/scheme",
    "instrument/electronanalyzer/energydispersion/scheme",
    "instrument/electronanalyzer/energydispersion/energy_scan_mode",
    "sample/name",
    "S_2p/data",
    "S_2p/energy",
]
XPS_CLASSES = {
    "instrument": "NXinstrument",
    "instrument/beam_probe": "NXbeam",
    "instrument/electronanalyzer": "NXelectronanalyzer",
    "instrument/electronanalyzer/collectioncolumn": "NXcollectioncolumn",
    "instrument/electronanalyzer/energydispersion": "NXenergydispersion",
    "instrument/electronanalyzer/electron_detector": "NXelectron_detector",
    "sample": "NXsample",
    "S_2p": "NXdata",
    "deconvolyte": "NXcollection",
}


@pytest.mark.parametrize("technique", [Technique.XPS, Technique.HAXPES])
def test_nxxps_has_every_required_field(tmp_path, technique):
    with written(tmp_path, example(technique=technique)) as file:
        entry = file["cell_A"]
        assert [name for name in XPS_FIELDS if name not in entry] == []
        assert {n: words(entry[n].attrs["NX_class"]) for n in XPS_CLASSES} == XPS_CLASSES
        assert words(entry["definition"][()]) == "NXxps"
        assert words(entry["definition"].attrs["version"]) == "v2026.01"
        assert technique.value in words(entry["method"][()])
        assert words(entry["start_time"][()]) == "2023-11-14T22:13:20+00:00"
        assert words(entry["end_time"][()]) == "2023-11-14T22:17:50+00:00"
        assert words(entry["transitions"][()]) == ["S 2p"]
        assert entry["instrument/beam_probe/incident_energy"][()] == 1486.6
        assert words(entry["instrument/beam_probe/incident_energy"].attrs["units"]) == "eV"
        assert words(entry["S_2p"].attrs["signal"]) == "data"
        assert entry["S_2p"].attrs["energy_indices"] == 1


def test_nxraman_has_every_required_field(tmp_path):
    series = example("400 cm-1", technique=Technique.RAMAN, photon_energy_eV=2.3305)
    with written(tmp_path, series) as file:
        entry = file["cell_A"]
        assert words(entry["definition"][()]) == "NXraman"
        assert {"version", "URL"} <= set(entry["definition"].attrs)
        assert words(entry["experiment_type"][()]) == "Raman spectroscopy"
        assert words(entry["raman_experiment_type"][()]) == "unknown"
        assert words(entry["instrument/scattering_configuration"][()]) == "unknown"
        assert entry["instrument/beam_incident/wavelength"][()] == pytest.approx(532.0, abs=0.01)
        assert words(entry["instrument/detector_raman/detector_channel_type"][()]) == "unknown"
        assert words(entry["sample/name"][()]) == "cell A"


def test_what_is_unknown_is_said_and_not_guessed(tmp_path):
    bare = example(
        photon_energy_eV=None, work_function_eV=None, acquisition_start=None, acquisition_s=None
    )
    with written(tmp_path, bare) as file:
        entry = file["cell_A"]
        for name in ("beam_probe/incident_energy", "electronanalyzer/work_function"):
            field = entry["instrument"][name]
            assert np.isnan(field[()])
            assert words(field.attrs["unknown"]) == "not stated by the source"
        assert words(entry["start_time"][()]) == "unknown"
        assert "end_time" not in entry


def test_regions_that_differ_in_photon_energy_are_told_apart(tmp_path):
    hard = [example("S 1s", photon_energy_eV=6000.0), example("O 1s", photon_energy_eV=3000.0)]
    with written(tmp_path, *hard) as file:
        field = file["cell_A/instrument/beam_probe/incident_energy"]
        assert field[()].tolist() == [6000.0, 3000.0]
        assert words(field.attrs["regions"]) == ["S 1s", "O 1s"]
        assert file["cell_A/deconvolyte/O_1s/photon_energy"][()] == 3000.0


def test_times_without_a_zone_are_written_without_an_offset(tmp_path):
    with written(tmp_path, example(metadata={NAIVE_TIME: True})) as file:
        assert words(file["cell_A/start_time"][()]) == "2023-11-14T22:13:20"


def test_times_beyond_the_calendar_are_unknown(tmp_path):
    with written(tmp_path, example(k=2, acquisition_start=[1e300, np.nan])) as file:
        assert words(file["cell_A/start_time"][()]) == "unknown"


def test_intensity_units(tmp_path):
    series = [example(str(unit), intensity_unit=unit) for unit in IntensityUnit]
    with written(tmp_path, *series) as file:
        found = {words(file[f"cell_A/{unit}/data"].attrs["units"]) for unit in IntensityUnit}
    assert found == {"counts", "counts/s", "arbitrary units"}


def test_arrays_stream_by_64_rows_and_every_byte_is_checksummed(tmp_path):
    with written(tmp_path, example(k=1000, n=100)) as file:
        assert file["cell_A/S_2p/data"].chunks == (64, 100)
        for name, item in all_items(file).items():
            if not isinstance(item, h5py.Dataset):
                continue
            layout = item.id.get_create_plist().get_layout()
            assert layout == h5py.h5d.COMPACT or item.fletcher32, name
            assert h5py.check_vlen_dtype(item.dtype) is None, name


def test_wide_rows_do_not_make_huge_chunks(tmp_path):
    with written(tmp_path, example(k=64, n=20_000, sigma=None)) as file:
        data = file["cell_A/S_2p/data"]
        assert np.prod(data.chunks) * 8 <= 4 * 2**20
        assert data.chunks[0] == 64


@pytest.mark.parametrize(
    ("column", "unit"),
    [
        ("charge_uAh_cm2", "uA*h/cm^2"),
        ("charge_throughput_uAh_cm2", "uA*h/cm^2"),
        ("current_density_mA_cm2", "mA/cm^2"),
        ("resistance_ohm_cm2", "ohm*cm^2"),
        ("resistance_ohm", "ohm"),
        ("time_s", "s"),
        ("potential_V", "V"),
        ("depth_nm", "nm"),
        ("temperature_C", "degC"),
        ("x_um", "um"),
        ("laser_power_mW", "mW"),
        ("cycle", None),
        ("s", None),
        ("cm2", None),
        ("area_cm2", None),
        ("", None),
    ],
)
def test_units_come_from_the_suffix(column, unit):
    assert unit_of(column) == unit


def test_every_usual_step_column_has_a_unit():
    assert [c for c in STEP_COLUMNS if unit_of(c) is None] == []


def test_item_names_avoid_what_is_taken():
    assert item_name("S 2p", set()) == "S_2p"
    assert item_name("S 2p", {"S_2p", "S_2p_2"}) == "S_2p_3"
    assert item_name("Größe ↔", set()) == "Groe"
    assert item_name("///", set()) == "unnamed"
    assert len(item_name("x" * 500, set())) <= 60
