import re
from pathlib import Path

import numpy as np
import pytest

from app.archive.inputs import load_inputs
from app.archive.write import write_archive
from app.batch.plan_data import data_problems
from app.io import ReadOptions
from app.main import main
from fitting.build import build_model
from fitting.monitor import SilentMonitor
from fitting.plan import Plan
from fitting.plan_text import plan_text
from fitting.propose import propose_plan
from fitting.result import FitStatus
from fitting.simulate import simulate
from fitting.stepfit import fit_step
from reference_lines import library
from tests.shared_data import shared_file

FITTED = (FitStatus.CONVERGED, FitStatus.AT_BOUND)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("DECONVOLYTE_HOME", str(folder))
    return folder


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("e1") / "e1.h5"
    made = simulate("E1", steps=3)
    write_archive(path, [s for s in made.series if s.sample == made.series[0].sample])
    return path


def plan(*words: str | Path) -> int:
    return main(["plan", *map(str, words)])


def matrix(path: Path, low: float, high: float, top: float, axis: str = "charge_uAh_cm2") -> Path:
    """A matrix CSV of two steps with one line."""
    x = np.linspace(low, high, 121)
    counts = np.round(200 + 2000 * np.exp(-((x - top) ** 2)))
    rows = [f"binding_energy_eV\\{axis},0,1"] + [
        f"{a:.3f},{c:g},{c:g}" for a, c in zip(x, counts, strict=True)
    ]
    path.write_text("\n".join(rows) + "\n", "utf-8")
    return path


# --- new -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("strategy", "basis", "shared"),
    [
        ("independent", ("area", "atomic"), ()),
        ("shared", ("area", "atomic"), ("fwhm",)),
        ("joint", ("area", "atomic", "molar"), ()),
    ],
)
def test_new_for_a_strategy(
    archive: Path, tmp_path: Path, strategy: str, basis: tuple[str, ...], shared: tuple[str, ...]
) -> None:
    path = tmp_path / "p.toml"
    assert plan("new", archive, "-o", path, "--strategy", strategy) == 0
    assert plan("check", path, archive) == 0
    made = Plan.from_toml(path.read_text("utf-8"))
    assert made.series.strategy == strategy
    assert made.fit.basis == basis
    assert made.series.shared == shared


def test_new_says_why_a_strategy_cannot_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = simulate("E9", steps=2)
    write_archive(tmp_path / "e9.h5", made.series)
    path = tmp_path / "p.toml"
    assert plan("new", tmp_path / "e9.h5", "-o", path, "--strategy", "joint") == 2
    assert "--strategy: joint, but " in capsys.readouterr().err
    assert not path.exists()
    assert plan("new", "--experiment", "E9", "--strategy", "joint") == 2


def test_new_then_check(archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "sei.toml"
    assert plan("new", archive, "-o", path, "--phases", "Li6PS5Cl, Li2S,Li3P,LixP") == 0
    out = capsys.readouterr().out
    assert "S 2p, 157 to 166: ps4_s2p, free_s2p, li2s_s2p" in out
    written = Plan.from_toml(path.read_text("utf-8"))
    assert list(written.phases) == ["Li6PS5Cl", "Li2S", "Li3P", "LixP"]
    assert written.library == "1.0.0"
    assert plan("check", path, archive) == 0
    out = capsys.readouterr().out
    assert "nothing wrong found" in out
    assert "S 2p, 157 .. 166: 3 components, 6 free parameters, shirley background" in out
    assert "group li1s_overlap: Li2S + Li3P + LixP" in out


def test_every_factor_of_every_line_is_shown(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "sei.toml"
    assert plan("new", archive, "-o", path, "--phases", "Li0,Li6PS5Cl,Li2S") == 0
    text = path.read_text("utf-8")
    written = Plan.from_toml(text)
    assert written.quantification.material is not None
    assert written.quantification.material.formula == "Li6PS5Cl"
    assert "li2s_s2p_loss" in written.components
    comments, _, _ = text.partition("\n[quantification]\n")
    assert "xraylib" in comments[comments.index("# Areas are divided by") :]
    capsys.readouterr()
    assert plan("check", path, archive) == 0
    lines = capsys.readouterr().out.splitlines()
    (sulfur,) = [line for line in lines if line.startswith("  S 2p ") and "+-" in line]
    assert sulfur.endswith(
        ": ps4_s2p, free_s2p, li2s_s2p, ps4_s2p_loss, free_s2p_loss, li2s_s2p_loss"
    )
    for word in ("cross-section / barn", "TPP-2M, Li6PS5Cl", "asymmetry 1 (assumed 1)"):
        assert word in sulfur


def test_a_bare_source_has_its_satellites_planned(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "sei.toml"
    words = ("--phases", "Li2S,SO4", "--no-monochromator")
    assert plan("new", archive, "-o", path, *words) == 0
    written = Plan.from_toml(path.read_text("utf-8"))
    assert (written.energy.source, written.energy.monochromator) == ("Al Ka", False)
    assert written.components["so4_s2p_ka3"][1].parameters["area"] == "so4_s2p.area * 0.064"
    assert plan("check", path, archive) == 0
    capsys.readouterr()


def test_new_does_not_overwrite(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "sei.toml"
    path.write_text("mine", "utf-8")
    assert plan("new", archive, "-o", path) == 2
    assert "--force" in capsys.readouterr().err
    assert path.read_text("utf-8") == "mine"
    assert plan("new", archive, "-o", path, "--force") == 0
    assert path.read_text("utf-8").startswith("# A plan for Li 1s")
    before = archive.read_bytes()
    assert plan("new", archive, "-o", archive, "--force") == 2
    assert archive.read_bytes() == before


@pytest.mark.parametrize(
    ("phases", "words"),
    [("Li2SS", "did you mean Li2S"), ("argyrodite", "name one of them"), (" ,", "names no phase")],
)
def test_new_with_unknown_phases(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], phases: str, words: str
) -> None:
    path = tmp_path / "sei.toml"
    assert plan("new", archive, "-o", path, "--phases", phases) == 2
    err = capsys.readouterr().err
    assert words in err
    assert len(err.splitlines()) == 1
    assert not path.exists()


def test_new_goes_on_past_bad_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = matrix(tmp_path / "cell__S 2p.csv", 155, 170, 161.5)
    bad = tmp_path / "bad.vms"
    bad.write_bytes(b"\x00\x01garbage")
    path = tmp_path / "p.toml"
    assert plan("new", bad, good, "-o", path) == 0
    assert "bad.vms" in capsys.readouterr().err
    assert Plan.from_toml(path.read_text("utf-8")).region("S 2p") is not None
    assert plan("new", bad, "-o", tmp_path / "q.toml") == 3
    assert plan("new", tmp_path / "nowhere.csv", "-o", tmp_path / "q.toml") == 3
    assert not (tmp_path / "q.toml").exists()


def test_new_writes_into_no_missing_folder(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert plan("new", archive, "-o", tmp_path / "none" / "p.toml") == 2
    assert "there is no folder" in capsys.readouterr().err
    assert plan("new", archive, "-o", tmp_path, "--force") == 2
    assert "is a folder" in capsys.readouterr().err


def test_new_takes_reading_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    x = np.linspace(1316.6, 1331.6, 121)
    table = tmp_path / "cell__S 2p.csv"
    rows = [f"{a:.3f},{200 + 2000 * np.exp(-((a - 1325.1) ** 2)):.0f}" for a in x]
    table.write_text("kinetic_energy_eV,counts\n" + "\n".join(rows) + "\n", "utf-8")
    path = tmp_path / "p.toml"
    assert plan("new", table, "-o", path) == 3
    assert "--photon-energy" in capsys.readouterr().err
    assert plan("new", table, "-o", path, "--photon-energy", "1486.6") == 0
    written = Plan.from_toml(path.read_text("utf-8"))
    assert written.energy.photon_energy_eV == 1486.6
    assert "ps4_s2p" in written.components


def test_own_lines_beside_the_plan(
    tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = matrix(tmp_path / "cell__S 2p.csv", 155, 170, 161.5)
    folder = tmp_path / "plans"
    folder.mkdir()
    head = "species,environment,region,value,minimum,maximum,source\n"
    (home / "lines.csv").write_text(head + "Li2S,sulfide,S 2p,160.6,160.2,161,old\n", "utf-8")
    (folder / "lines.csv").write_text(head + "Li2S,sulfide,S 2p,160.4,160,160.8,new\n", "utf-8")
    path = folder / "p.toml"
    assert plan("new", data, "-o", path, "--phases", "Li6PS5Cl,Li2S") == 0
    text = path.read_text("utf-8")
    written = Plan.from_toml(text)
    assert 'id = "li2s_s2p", phase = "Li2S", count = 1, center = 160.4' in text
    assert "yours: lines.csv, row 2" in text
    assert written.library == "1.0.0 + lines.csv (1 row) + lines.csv (1 row)"
    (folder / "lines.csv").write_text(head + "Li2S,sulfide,S 2p,high,,,new\n", "utf-8")
    assert plan("new", data, "-o", folder / "q.toml") == 3
    assert "row 2, column value" in capsys.readouterr().err


def test_the_plan_of_an_experiment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert plan("new", "--experiment", "E1") == 0
    printed = capsys.readouterr().out
    assert "li2s_s2p" in Plan.from_toml(printed).components
    path = tmp_path / "e1.toml"
    assert plan("new", "--experiment", "E1", "-o", path) == 0
    assert path.read_text("utf-8") == printed
    capsys.readouterr()
    assert plan("new", "--experiment", "E1", "-o", path) == 2
    assert "exists" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--experiment", "E99"], "no plan for 'E99'; there is E1, "),
        (["cell.h5", "--experiment", "E1"], "takes no files"),
        (["--experiment", "E1", "--phases", "Li2S"], "no --phases and no --strategy"),
        (["-o", "p.toml"], "FILE: is missing"),
        (["cell.h5"], "-o: is missing"),
    ],
)
def test_new_with_words_that_do_not_go_together(
    words: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert plan("new", *words) == 2
    assert problem in capsys.readouterr().err


# --- check ---------------------------------------------------------------------------------


def test_check_names_every_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "p.toml"
    path.write_text(
        """
[[regions]]
name = "S 2p"
window = [157, 166]
background = {kind="shirly"}
components = [{id="a", shape="gaussian", center="a.center + 1", fwhm=0}]
""",
        "utf-8",
    )
    assert plan("check", path) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert len(lines) == 3
    assert all(line.startswith(f"deconvolyte: {path}: ") for line in lines)
    for words in ("did you mean 'shirley'", "refers to itself", "fwhm"):
        assert sum(words in line for line in lines) == 1, words


@pytest.mark.parametrize("content", [b"= 3", b"\xff\xfe", b""])
def test_check_of_what_is_no_plan(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "p.toml"
    path.write_bytes(content)
    assert plan("check", path) == 2
    assert plan("check", tmp_path / "nowhere.toml") == 2


def test_check_against_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = matrix(tmp_path / "cell__S 2p.csv", 155, 170, 161.5)
    path = tmp_path / "p.toml"
    assert plan("new", data, "-o", path) == 0
    text = path.read_text("utf-8")
    text = text.replace('axis = "charge_uAh_cm2"', 'axis = "time_s"')
    text = text.replace('reference = "component"', 'reference = "none"')
    text = re.sub(r"window = .*", "window = [256.0, 266.0]", text)
    more = '[[regions]]\nname = "P 2p"\nwindow = [125, 140]\nbackground = {kind="constant"}\n'
    more += 'components = [{id="p", shape="gaussian", center=131, fwhm=1}]\n'
    path.write_text(text + more, "utf-8")
    capsys.readouterr()
    assert plan("check", path, data) == 2
    err = capsys.readouterr().err
    assert "no spectrum of 'P 2p'; the files hold S 2p" in err
    assert "the window 256 .. 266 holds no data; they run from 155 to 170" in err
    assert "no spectrum has the axis 'time_s'" in err
    assert "the files have charge_uAh_cm2" in err
    assert plan("check", path, tmp_path / "nowhere.csv") == 3


def test_check_notes_what_is_seldom_meant(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = matrix(tmp_path / "pellet__S 2p.csv", 155.0, 170.0, 161.5)
    path = tmp_path / "sei.toml"
    text = """
[phases]
Li2S = {formula="Li2S"}
LiCl = {formula="LiCl"}
[fit]
weights = "estimated"
basis = ["area"]
[[regions]]
name = "S 2p"
window = [150, 166]
background = {kind="polynomial", degree=1}
defaults = {phase="Li2S", shape="gaussian", fwhm=1.2}
components = [{id="a", center={value=161.5, min=160, max=167}}]
"""
    path.write_text(text, "utf-8")
    assert plan("check", path, data) == 0
    said = capsys.readouterr().err
    assert (
        "note: pellet/S 2p: step 0: the window 150 .. 166 reaches beyond the data, 155 to" in said
    )
    assert "160 .. 167 reaches beyond the window 150 .. 166" in said
    assert "note: phases.LiCl: no component belongs to it" in said
    path.write_text(text.replace("[150,", "[155,").replace("167", "166"), "utf-8")
    assert plan("check", path, data) == 0
    assert "the window" not in capsys.readouterr().err


def test_check_reads_templates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    matrix(tmp_path / "pure__S 2p.csv", 155, 170, 161.5)
    path = tmp_path / "p.toml"
    path.write_text(
        """
[templates]
pure = {file="pure__S 2p.csv"}
gone = {file="gone.csv"}
[[regions]]
name = "S 2p"
window = [157, 166]
background = {kind="constant"}
components = [
 {id="a", shape="measured", template="pure"},
 {id="b", shape="measured", template="gone"},
]
""",
        "utf-8",
    )
    assert plan("check", path) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "templates.gone" in lines[0]
    path.write_text(path.read_text("utf-8").replace("gone.csv", "pure__S 2p.csv"), "utf-8")
    assert plan("check", path) == 0


def test_links_that_are_not_affine_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "p.toml"
    path.write_text(
        """
[[regions]]
name = "S 2p"
window = [157, 166]
background = {kind="constant"}
defaults = {shape="gaussian", fwhm=1}
components = [
 {id="a", center={value=160, min=159, max=161}},
 {id="b", center="sqrt(a.center) + 150"},
]
""",
        "utf-8",
    )
    assert plan("check", path) == 0
    assert "b.center = 'sqrt(a.center) + 150' is not affine" in capsys.readouterr().out


def test_windows_are_checked_in_every_step() -> None:
    series = simulate("E1", steps=3).series[1]
    proposal = propose_plan([series], library())
    shifted = np.stack([series.x, series.x, series.x + 100.0])
    moved = type(series)(
        **{**{f: getattr(series, f) for f in series.__dataclass_fields__}, "x": shifted}
    )
    assert data_problems(proposal.plan, [series]) == []
    (problem,) = data_problems(proposal.plan, [moved])
    assert "in 1 of 3 steps, first 2" in problem


# --- the program ---------------------------------------------------------------------------


@pytest.mark.parametrize("words", [[], ["check"], ["new", "--phases"]])
def test_incomplete_commands(words: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        plan(*words)
    assert stopped.value.code == 2


@pytest.mark.parametrize("words", [[], ["new"], ["check"]])
def test_help_has_an_example(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        plan(*words, "--help")
    assert stopped.value.code == 0
    out = capsys.readouterr().out
    assert f"deconvolyte plan {' '.join(words)}".strip() in out.split("example:")[1]


# --- spectra of others ---------------------------------------------------------------------

REAL = {
    "SnO2 profile": ("xps/phi_depth_profile/SnO2_10nm_1.pro",),
    "ionic liquid": tuple(
        f"xps/casaxps_csv_ionic_liquid/20240228_Au_MPPipTFSIIol3_{level}.csv"
        for level in ("C_1s", "N_1s", "F_1s", "O_1s", "S_2p", "Au_4f", "Ag_3d")
    ),
    "ionic liquid on sieve": tuple(
        f"xps/casaxps_csv_ionic_liquid/20240220_Au_MPPipTFSI4AMSIol3_{level}.csv"
        for level in ("C_1s", "N_1s", "F_1s", "O_1s", "S_2p", "Na_1s", "Si_2p")
    ),
    "MoS2": ("xps/vamas/Mutlipak_vms.npl",),
    "Al foil": ("xps/vamas/ARXPS.vms",),
    "PBTTT": ("xps/specs/In-situ_PBTTT_XPS_SPECS.xml",),
    "Fe 2p": ("xps/specs/MgFe2O4_small.xy",),
    "polystyrene": ("raman/charisma_bwtek532/PST02_iRPlus532_Z020_100_550msx5.txt",),
    "silicon": ("raman/charisma_bwtek532/S0B02_iRPlus532_Z020_100_30000msx2.txt",),
    "calcite": ("raman/charisma_bwtek532/sCAL02_iRPlus532_Z020_100_3800ms.txt",),
    "database": ("raman/witec_rod/rod_file_1000679.rod",),
    "interrupted map": ("raman/renishaw_wdf/interrupted_acquisition.wdf",),
    "map": ("raman/renishaw_wdf/renishaw_test_map2.wdf",),
    "LabSpec": ("raman/horiba_xml/jobinyvon_test_spec_range.xml",),
}


@pytest.mark.real_data
@pytest.mark.parametrize("name", REAL)
def test_plans_for_spectra_of_others(name: str) -> None:
    paths = [shared_file(relative) for relative in REAL[name]]
    series, errors = load_inputs(paths, ReadOptions(), SilentMonitor())
    assert not errors
    proposal = propose_plan(series, library())
    assert Plan.from_toml(plan_text(proposal.plan, proposal.comments)) == proposal.plan
    assert data_problems(proposal.plan, series) == []
    spectra = {s.region: s.spectrum(0) for s in series if proposal.plan.region(s.region)}
    assert set(spectra) == {region.name for region in proposal.plan.regions}
    result = fit_step(build_model(proposal.plan), spectra, None, SilentMonitor())
    assert all(status in FITTED for status in result.status), result.message


@pytest.mark.real_data
def test_reaction_series_with_the_axis_said(tmp_path: Path) -> None:
    data = shared_file("raman/reaction_time_series/mcrnmf_raman.csv")
    path = tmp_path / "p.toml"
    options = ["--axis", "raman_shift_cm-1", "--step-column", "time_h"]
    assert plan("new", data, "-o", path, *options) == 0
    assert Plan.from_toml(path.read_text("utf-8")).series.axis == "time_s"
    assert plan("check", path, data, *options) == 0
