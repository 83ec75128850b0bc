"""Every real file of others opens, or is refused with a sentence that says what it is.

The lists are complete: a file that is not in them fails the first test.
"""

import pytest

from app.io import ReadOptions, read_file
from fitting.errors import ReadError
from tests.contracts.reader import assert_one_line, series_problem
from tests.shared_data import SHARED_DATA, shared_file

pytestmark = pytest.mark.real_data

HEADERLESS = "columns without a header; give --axis"
OFFICE = "is a zip archive or Office document"
PEAKS = "is a table of fitted peaks"
RAMAN_SHIFT = ReadOptions(axis="raman_shift_cm-1")

# file of xps/casaxps_csv_ionic_liquid -> region, points
IONIC_LIQUID: dict[str, tuple[str, int]] = {
    "20240220_Au_MPPipTFSI4AMSIol3_C_1s.csv": ("C 1s", 161),
    "20240220_Au_MPPipTFSI4AMSIol3_F_1s.csv": ("F 1s", 97),
    "20240220_Au_MPPipTFSI4AMSIol3_N_1s.csv": ("N 1s", 113),
    "20240220_Au_MPPipTFSI4AMSIol3_Na_1s.csv": ("Na 1s", 121),
    "20240220_Au_MPPipTFSI4AMSIol3_O_1s.csv": ("O 1s", 105),
    "20240220_Au_MPPipTFSI4AMSIol3_S_2p.csv": ("S 2p", 105),
    "20240220_Au_MPPipTFSI4AMSIol3_Si_2p.csv": ("Si 2p", 81),
    "20240228_Au_Folie.csv": ("survey", 3501),
    "20240228_Au_MPPipTFSIIol3_Ag_3d.csv": ("Ag 3d", 113),
    "20240228_Au_MPPipTFSIIol3_Au_4f.csv": ("Au 4f", 121),
    "20240228_Au_MPPipTFSIIol3_C_1s.csv": ("C 1s", 161),
    "20240228_Au_MPPipTFSIIol3_F_1s.csv": ("F 1s", 97),
    "20240228_Au_MPPipTFSIIol3_N_1s.csv": ("N 1s", 129),
    "20240228_Au_MPPipTFSIIol3_Na_1s.csv": ("Na 1s", 89),
    "20240228_Au_MPPipTFSIIol3_O_1s.csv": ("O 1s", 97),
    "20240228_Au_MPPipTFSIIol3_S_2p.csv": ("S 2p", 129),
    "20240228_Au_MPPipTFSIIol3_survey.csv": ("survey", 3501),
    "20240228_Au_Nadep_from_MPPipTFSI4AMSIol3_Ag_3d.csv": ("Ag 3d", 113),
    "20240228_Au_Nadep_from_MPPipTFSI4AMSIol3_Au_4f.csv": ("Au 4f", 121),
    "20240228_Au_Nadep_from_MPPipTFSI4AMSIol3_C_1s.csv": ("C 1s", 161),
    "20240228_Au_Nadep_from_MPPipTFSI4AMSIol3_F_1s.csv": ("F 1s", 97),
    "20240228_Au_Nadep_from_MPPipTFSI4AMSIol3_N_1s.csv": ("N 1s", 129),
    "20240228_Au_Nadep_from_MPPipTFSI4AMSIol3_Na_1s.csv": ("Na 1s", 89),
    "20240228_Au_Nadep_from_MPPipTFSI4AMSIol3_O_1s.csv": ("O 1s", 97),
    "20240228_Au_Nadep_from_MPPipTFSI4AMSIol3_Relative.csv": ("S 2p", 129),
    "20240228_Au_Nadep_from_MPPipTFSI4AMSIol3_survey.csv": ("survey", 3501),
    "20240305_MPPipTFSIIol3MS4A_Na_1s.csv": ("Na 1s", 97),
    "20240305_MPPipTFSIIol3MS4A_Si_2p.csv": ("Si 2p", 121),
    "20240305_MPPipTFSIIol3_Na_1s.csv": ("Na 1s", 97),
    "20240305_MPPipTFSIIol3_Si_2p.csv": ("Si 2p", 121),
    "20240621_Au_Nadep_from_MPPipTFSI_Ag_3d.csv": ("Ag 3d", 161),
    "20240621_Au_Nadep_from_MPPipTFSI_Au_4f.csv": ("Au 4f", 161),
    "20240621_Au_Nadep_from_MPPipTFSI_Na_1s.csv": ("Na 1s", 121),
    "20240621_Au_Nadep_from_MPPipTFSI_Si_2s.csv": ("Si 2s", 121),
    "20240621_Au_Nadep_from_MPPipTFSI_Zn_2p3.csv": ("Zn 2p", 105),
    "20240724_Au_Nadep_from_MPPipTFSI4AMSIol3_Au_4f.csv": ("Au 4f", 161),
    "20240724_Au_Nadep_from_MPPipTFSI4AMSIol3_Na_1s.csv": ("Na 1s", 121),
    "20240724_Au_Nadep_from_MPPipTFSI4AMSIol3_Si_2s.csv": ("Si 2s", 121),
}

# file -> (region, spectra, points) of each series
OPENS: dict[str, list[tuple[str, int, int]]] = {
    "raman/charisma_bwtek532/NISTSRM2242aC_BW532_20x_700msx1.txt": [("Raman", 1, 2048)],
    "raman/charisma_bwtek532/Ne_532nm_x20_400ms.txt": [("Raman", 1, 1858)],
    "raman/charisma_bwtek532/PST02_iRPlus532_Z020_100_550msx5.txt": [("Raman", 1, 2048)],
    "raman/charisma_bwtek532/S0B02_iRPlus532_Z020_100_30000msx2.txt": [("Raman", 1, 2048)],
    "raman/charisma_bwtek532/sCAL02_iRPlus532_Z020_100_3800ms.txt": [("Raman", 1, 2048)],
    "raman/horiba_xml/jobinyvon_test_map_x2-y2_rotated.xml": [("Raman", 6, 34)],
    "raman/horiba_xml/jobinyvon_test_map_x3-y2.xml": [("Raman", 6, 34)],
    "raman/horiba_xml/jobinyvon_test_spec_3s_abs-cm-1.xml": [("Raman", 1, 34)],
    "raman/horiba_xml/jobinyvon_test_spec_3s_cm-1.xml": [("Raman", 1, 34)],
    "raman/horiba_xml/jobinyvon_test_spec_3s_counts.xml": [("Raman", 1, 34)],
    "raman/horiba_xml/jobinyvon_test_spec_3s_eV.xml": [("Raman", 1, 34)],
    "raman/horiba_xml/jobinyvon_test_spec_range.xml": [("Raman", 1, 105)],
    "raman/renishaw_wdf/interrupted_acquisition.wdf": [("Raman", 12, 1010)],
    "raman/renishaw_wdf/renishaw_test_linescan.wdf": [("Raman", 5, 40)],
    "raman/renishaw_wdf/renishaw_test_map2.wdf": [("Raman", 400, 1015)],
    "raman/renishaw_wdf/renishaw_test_spectrum.wdf": [("Raman", 1, 36)],
    "raman/renishaw_wdf/renishaw_test_streamline.wdf": [("Raman", 2205, 394)],
    "raman/renishaw_wdf/renishaw_test_timeseries.wdf": [("Raman", 3, 1007)],
    "raman/renishaw_wdf/renishaw_test_zscan.wdf": [("Raman", 40, 1015)],
    "raman/witec_rod/rod_file_1000679.rod": [("Raman", 1, 1159)],
    "xps/casaxps_fitted/FeO_analyzed.vms": [("Fe 2p", 1, 1121)],
    "xps/casaxps_fitted/FeO_analyzed_lineshapes_cols.txt": [("Fe 2p", 1, 1121)],
    "xps/casaxps_fitted/vms_txt_export.txt": [
        ("survey", 1, 1201),
        ("Ni 2p", 1, 501),
        ("survey", 1, 1201),
        ("Ni 2p", 1, 501),
    ],
    "xps/khervefitting/LaSrTiO3.json": [
        ("Sr 3d", 1, 161),
        ("Ti 2p", 1, 271),
        ("O 1s", 1, 201),
        ("C 1s", 1, 461),
    ],
    "xps/khervefitting/Pt4f.json": [("Pt 4f", 1, 281)],
    "xps/phi_depth_profile/SnO2_10nm.spe": [("survey", 1, 1751)],
    "xps/phi_depth_profile/SnO2_10nm_1.pro": [
        ("survey", 21, 1751),
        ("C 1s", 21, 101),
        ("Si 2p", 21, 101),
        ("Sn 3d", 21, 101),
    ],
    "xps/scienta/Ag_0001.txt": [("Ag 3d", 1, 361)],
    "xps/scienta/Ag_0001Ag__001.ibw": [("Ag 3d", 1, 361)],
    "xps/scienta/Ag_0002.txt": [("valence band", 1, 801)],
    "xps/scienta/Ag_0002Ag__002.ibw": [("valence band", 1, 801)],
    "xps/specs/In-situ_PBTTT_XPS_SPECS.xml": [
        ("survey", 1, 1403),
        ("C 1s", 1, 201),
        ("S 2p", 1, 281),
    ],
    "xps/specs/MgFe2O4_small.xy": [("survey", 1, 1351), ("Fe 2p", 1, 56)],
    "xps/vamas/0-150W.vms": [
        ("survey", 1, 1206),
        ("Ni 2p", 1, 601),
        ("O 1s", 1, 251),
        ("C 1s", 1, 301),
        ("W 4f", 1, 251),
    ],
    "xps/vamas/ARXPS.vms": [("O 1s", 5, 201), ("C 1s", 5, 201), ("Al 2p", 5, 201)],
    "xps/vamas/Mutlipak_vms.npl": [
        ("C 1s", 1, 601),
        ("O 1s", 1, 601),
        ("S 2p", 1, 501),
        ("N 1s", 1, 401),
        ("Mo 3d", 1, 401),
    ],
    "xps/vamas/Pt4f.vms": [("Pt 4f", 1, 281)],
    "xps/vamas/irregular.vms": [("survey", 1, 1351)],
    "xps/vamas/multiplex.vms": [("survey", 1, 1206), ("O 1s", 1, 91), ("Ta 4f", 1, 91)],
    "xps/vamas/regular.vms": [("survey", 1, 1351)],
}

# file -> what the sentence says
REFUSED: dict[str, str] = {
    "raman/carbon_DG/Si_spectrum01.txt": HEADERLESS,
    "raman/carbon_DG/testDW38C_pos1.txt": HEADERLESS,
    "raman/carbon_DG/testDW38C_pos2.txt": HEADERLESS,
    "raman/carbon_DG/testDW38C_pos3.txt": HEADERLESS,
    "raman/carbon_DG/testDW38C_pos4.txt": HEADERLESS,
    "raman/charisma_bwtek532/Peak Fitting Data Reporting-CSIC-ICV.xlsx": OFFICE,
    "raman/fitspy_with_fit/model.json": "is JSON text, not a spectrum",
    "raman/fitspy_with_fit/model_data.json": "is JSON text, not a spectrum",
    "raman/fitspy_with_fit/spectrum_2_1.csv": PEAKS,
    "raman/fitspy_with_fit/spectrum_2_1.txt": HEADERLESS,
    "raman/fitspy_with_fit/spectrum_2_1_profiles.csv": "write binding_energy_eV",
    "raman/fitspy_with_fit/spectrum_2_2.txt": HEADERLESS,
    "raman/fitspy_with_fit/spectrum_2_3.txt": HEADERLESS,
    "raman/horiba_xml/jobinyvon_test_linescan.xml": "wholly on the anti-Stokes side",
    "raman/horiba_xml/jobinyvon_test_spec.xml": "wholly on the anti-Stokes side",
    "raman/mixtures_known_fractions/carbs.RData": "is gzip-compressed data",
    "raman/mixtures_known_fractions/carbs.Rd": "is text of no known kind",
    "raman/reaction_time_series/mcrnmf_raman.csv": "nothing says what the axis is",
    "raman/renishaw_wdf/renishaw_test_undefined.wdf": "without a unit",
    "raman/witec_rod/Si-wafer-Raman-Spectrum-1.txt": "does not say the laser wavelength",
    "xps/casaxps_csv_ionic_liquid/DERIVED_component_areas.csv": PEAKS,
    "xps/casaxps_csv_ionic_liquid/README.md": "is text of no known kind",
    "xps/casaxps_fitted/FeO_analyzed_results.csv": "is a CasaXPS report of fitted peaks",
    "xps/khervefitting/LaSrTiO3.xlsx": OFFICE,
    "xps/khervefitting/Pt4f.xlsx": OFFICE,
    "xps/phi_depth_profile/phi_pro_ref.nxs": "is an HDF5 or NeXus file",
}

# refused files that open once the user says what the file does not
OPENS_WITH: dict[str, tuple[ReadOptions, tuple[int, int]]] = {
    "raman/carbon_DG/Si_spectrum01.txt": (RAMAN_SHIFT, (1, 1600)),
    "raman/carbon_DG/testDW38C_pos1.txt": (RAMAN_SHIFT, (1, 1600)),
    "raman/carbon_DG/testDW38C_pos2.txt": (RAMAN_SHIFT, (1, 1600)),
    "raman/carbon_DG/testDW38C_pos3.txt": (RAMAN_SHIFT, (1, 1600)),
    "raman/carbon_DG/testDW38C_pos4.txt": (RAMAN_SHIFT, (1, 1600)),
    "raman/fitspy_with_fit/spectrum_2_1.txt": (RAMAN_SHIFT, (1, 575)),
    "raman/fitspy_with_fit/spectrum_2_2.txt": (RAMAN_SHIFT, (1, 575)),
    "raman/fitspy_with_fit/spectrum_2_3.txt": (RAMAN_SHIFT, (1, 575)),
    "raman/fitspy_with_fit/spectrum_2_1_profiles.csv": (RAMAN_SHIFT, (12, 486)),
    "raman/renishaw_wdf/renishaw_test_undefined.wdf": (RAMAN_SHIFT, (1, 1015)),
    "raman/reaction_time_series/mcrnmf_raman.csv": (
        ReadOptions(axis="raman_shift_cm-1", step_column="time_h"),
        (443, 1551),
    ),
    "raman/witec_rod/Si-wafer-Raman-Spectrum-1.txt": (
        ReadOptions(laser_wavelength_nm=532.0),
        (1, 1600),
    ),
    "raman/horiba_xml/jobinyvon_test_linescan.xml": (
        ReadOptions(laser_wavelength_nm=473.0),
        (3, 34),
    ),
    "raman/horiba_xml/jobinyvon_test_spec.xml": (
        ReadOptions(laser_wavelength_nm=473.0),
        (1, 34),
    ),
}

ALL = OPENS | {
    f"xps/casaxps_csv_ionic_liquid/{name}": [(region, 1, points)]
    for name, (region, points) in IONIC_LIQUID.items()
}


def test_the_lists_are_complete() -> None:
    shared_file("xps")
    found = {
        path.relative_to(SHARED_DATA).as_posix()
        for part in ("xps", "raman")
        for path in SHARED_DATA.joinpath(part).rglob("*")
        if path.is_file()
    }
    assert found == ALL.keys() | REFUSED.keys()
    assert OPENS_WITH.keys() <= REFUSED.keys()


@pytest.mark.parametrize("name", ALL)
def test_it_opens(name: str) -> None:
    path = shared_file(name)
    found = read_file(path)
    assert [(series.region, *series.intensity.shape) for series in found] == ALL[name]
    for series in found:
        assert not series_problem(series)
        assert series.source == str(path)


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused(name: str) -> None:
    path = shared_file(name)
    with pytest.raises(ReadError) as caught:
        read_file(path)
    assert REFUSED[name] in caught.value.problem
    assert_one_line(caught.value, path)


@pytest.mark.parametrize("name", OPENS_WITH)
def test_it_opens_once_the_user_says_what_is_missing(name: str) -> None:
    options, shape = OPENS_WITH[name]
    (series,) = read_file(shared_file(name), options)
    assert series.intensity.shape == shape
    assert not series_problem(series)
