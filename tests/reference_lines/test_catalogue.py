import pickle
import re
from collections import Counter

import pytest

from reference_lines import Library, Line, library, parse_rows
from reference_lines.line import TECHNIQUES, UNITS, WIDTH_OF_LEVEL

REQUIRED = (
    "Li2S Li3P LixP P0 LiCl LiBr LiI Li2O LiOH Li2CO3 Li0 PO4 PSxOy SO3 SO4 S2O3 S0 Li2Sn P-S-P "
    "P2S6 P2S7 P2Sx Li6PS5Cl Li3PS4 Li3PO4 Li2SO4 In2S3 LiCoO2 NCM carbon Ni"
).split()


@pytest.fixture(scope="module")
def lines() -> Library:
    return library()


def own_line(**cells: object) -> Line:
    row = {
        "species": "Li2S",
        "environment": "sulfide",
        "region": "S 2p",
        "value": 160.6,
        "minimum": 160.4,
        "maximum": 160.8,
    }
    return parse_rows([row | cells], "mine.csv", first_row=2)[0]


def atoms(formula: str, element: str) -> float:
    found = re.findall(r"([A-Z][a-z]?)(\d*\.?\d*)", formula)
    return sum(float(number or 1) for symbol, number in found if symbol == element)


def only(found: tuple[Line, ...]) -> Line:
    assert len(found) == 1
    return found[0]


def recommended(lines: Library, species: str, environment: str, level: str) -> Line:
    return only(
        tuple(
            line
            for line in lines.find(species=species, recommended=True)
            if line.environment == environment and line.level == level
        )
    )


def test_every_species_of_the_issue_is_there(lines: Library) -> None:
    assert set(REQUIRED) <= {item.key for item in lines.species}


def test_every_species_and_technique_has_lines_or_a_reason(lines: Library) -> None:
    unexplained = [
        (item.key, technique)
        for item in lines.species
        for technique in TECHNIQUES
        if not lines.find(species=item.key, technique=technique, recommended=True)
        and not [a for a in lines.absent(item.key, technique) if not a.region]
    ]
    assert unexplained == []


def test_no_reason_is_given_where_there_is_a_line(lines: Library) -> None:
    for absence in lines.absences:
        found = lines.find(
            species=absence.species,
            technique=absence.technique,
            region=absence.region or None,
        )
        assert found == (), absence


@pytest.mark.parametrize("species", ["Li0", "LiCl", "LiBr", "LiI", "Ni"])
def test_rock_salts_and_simple_metals_have_no_first_order_raman(
    lines: Library, species: str
) -> None:
    (absence,) = lines.absent(species, "Raman")
    assert absence.kind == "forbidden"
    assert "first order" in absence.reason or "no optical phonon" in absence.reason


def test_antifluorites_do_have_a_raman_line(lines: Library) -> None:
    assert only(lines.find("Li2S", "Raman", recommended=True)).environment == "T2g"
    assert only(lines.find("Li2O", "Raman", recommended=True)).environment == "T2g"


def test_one_recommended_row_per_environment_and_region(lines: Library) -> None:
    recommended_rows = Counter(line.key for line in lines.lines if line.recommended)
    assert set(recommended_rows) == {line.key for line in lines.lines}
    assert set(recommended_rows.values()) == {1}


def test_recommended_windows_enclose_the_value(lines: Library) -> None:
    for line in lines.find(recommended=True):
        assert line.minimum is not None
        assert line.maximum is not None
        assert line.minimum < line.value < line.maximum, line
        widest = {"eV": 5.0, "cm-1": 60.0}[line.unit]
        assert line.maximum - line.minimum <= widest, line


def test_every_recommended_row_has_a_width_and_says_if_it_is_of_the_level(lines: Library) -> None:
    levels = {level.region: level for level in lines.levels}
    notes = set()
    for line in lines.find(recommended=True):
        assert line.fwhm_low is not None, line
        assert line.fwhm_high is not None, line
        assert 0 < line.fwhm_low < line.fwhm_high, line
        if line.fwhm_note:
            level = levels[line.region]
            assert (line.fwhm_low, line.fwhm_high) == (level.fwhm_low, level.fwhm_high)
        notes.add(line.fwhm_note)
    assert notes == {"", WIDTH_OF_LEVEL}
    assert WIDTH_OF_LEVEL.startswith("unverified")


def test_narrow_doublets_mark_the_main_line_only_where_the_source_does(lines: Library) -> None:
    marks = {
        (line.species, line.environment, line.source.split()[0], line.value): line.position_of
        for line in lines.lines
        if line.region in ("S 2p", "P 2p")
    }
    assert marks["Li2S", "sulfide", "harwellxps.guru,", 160.8] == "3/2"  # its table says so
    assert marks["Li2S", "sulfide", "third-party", 160.5] == "3/2"  # printed with its partner
    assert marks["Li2S", "sulfide", "third-party", 160.3] == "unknown"
    assert marks["Li6PS5Cl", "PS4", "chosen", 161.5] == "unknown"  # from digests that do not say


def test_every_row_is_traceable_and_in_its_unit(lines: Library) -> None:
    for line in lines.lines:
        assert line.source, line
        assert line.unit == UNITS[line.technique]
        assert not re.search(r"index id|rows below|code search|corpus|/work|/tmp", line.source)
        assert line.level.startswith(line.region), line
        assert line.origin == "library"


def test_species_of_all_tables_are_known(lines: Library) -> None:
    known = {item.key for item in lines.species}
    assert len(known) == len(lines.species)
    assert {line.species for line in lines.lines} <= known
    assert {absence.species for absence in lines.absences} <= known
    assert {key for difference in lines.differences for key in difference.species} <= known
    assert {key for conflict in lines.conflicts for key in conflict.species} <= known
    assert {constant.species for constant in lines.constants} <= known


def test_doublets_carry_splitting_and_ratio(lines: Library) -> None:
    for line in lines.lines:
        doublet = line.region[-1] in "pdf" and line.technique != "Raman"
        assert (line.splitting is not None) == doublet, line
        expected = {"p": 1 / 2, "d": 2 / 3}.get(line.region[-1]) if doublet else None
        assert line.ratio == (pytest.approx(expected) if doublet else None), line
    assert recommended(lines, "Li2S", "sulfide", "S 2p3/2").splitting == 1.18
    assert recommended(lines, "Li3P", "phosphide", "P 2p3/2").splitting == 0.86


def test_counts_add_up_to_the_formula(lines: Library) -> None:
    by_key = {item.key: item for item in lines.species}
    for key in by_key:
        regions = {line.region for line in lines.find(key) if line.technique != "Raman"}
        for region in regions:
            element = region.split()[0]
            counts = [line.count or 0 for line in lines.find(key, region, recommended=True)]
            assert sum(counts) == pytest.approx(atoms(by_key[key].formula, element)), (key, region)


def test_counts_of_the_argyrodite(lines: Library) -> None:
    counts = {
        (line.region, line.environment): line.count
        for line in lines.find("Li6PS5Cl", technique="XPS", recommended=True)
    }
    assert counts == {
        ("S 2p", "PS4"): 4,
        ("S 2p", "free sulfide"): 1,
        ("P 2p", "PS4"): 1,
        ("Cl 2p", "lattice Cl"): 1,
        ("Li 1s", "Li"): 6,
    }


def test_recommended_lines_follow_the_recommended_differences(lines: Library) -> None:
    for difference in lines.differences:
        upper = recommended(
            lines, difference.upper_species, difference.upper_environment, difference.upper_level
        )
        lower = recommended(
            lines, difference.lower_species, difference.lower_environment, difference.lower_level
        )
        assert difference.minimum <= difference.value <= difference.maximum
        distance = upper.value - lower.value
        inside = difference.minimum - 1e-6 <= distance <= difference.maximum + 1e-6
        assert inside == difference.recommended, (difference, distance)


def test_the_differences_of_the_design_are_data(lines: Library) -> None:
    found = {
        (d.upper_species, d.upper_level, d.lower_level): d.value
        for d in lines.differences
        if d.recommended and d.scope == "within compound"
    }
    assert found["Li6PS5Cl", "S 2p3/2", "P 2p3/2"] == 29.8
    assert found["Li2O", "O 1s", "Li 1s"] == 474.7


def test_conflicts_keep_every_value_in_dispute(lines: Library) -> None:
    assert len({conflict.key for conflict in lines.conflicts}) == len(lines.conflicts)
    for conflict in lines.conflicts:
        if not conflict.technique:
            continue
        flagged = [line for line in lines.lines if line.conflict == conflict.key]
        assert {line.species for line in flagged} <= set(conflict.species), conflict.key
        assert {line.value for line in flagged} <= set(conflict.values), conflict.key
        kept = {line.value for line in lines.lines if line.species in conflict.species}
        assert set(conflict.values) <= kept, conflict.key
        assert len(conflict.values) > 1 or conflict.key == "s0_high"


def test_every_flag_names_a_conflict(lines: Library) -> None:
    keys = {conflict.key for conflict in lines.conflicts}
    assert {line.conflict for line in lines.lines} - {""} <= keys


def test_li3p_keeps_all_four_positions(lines: Library) -> None:
    assert {126.0, 128.0, 129.3, 130.5} <= {line.value for line in lines.find("Li3P", "P 2p")}
    assert only(lines.find("Li3P", "P 2p", recommended=True)).value == 126.0


def test_thickness_per_charge_follows_from_the_densities(lines: Library) -> None:
    def volume(species: str) -> float:
        mass = lines.constant("molar mass", species).value
        return mass / lines.constant("density", species).value

    mol_per_uAh = 3.6e-3 / 96485.33
    cm_to_nm = 1e7
    to_li3p = (5 * volume("Li2S") + volume("Li3P") + volume("LiCl")) / 8
    to_p0 = (5 * volume("Li2S") + volume("P0") + volume("LiCl")) / 5
    for amount, name, species in [
        (to_li3p, "SEI thickness per charge", "Li6PS5Cl"),
        (to_p0, "SEI thickness per charge to P0", "Li6PS5Cl"),
        (volume("Li6PS5Cl") / 8, "electrolyte consumed per charge", "Li6PS5Cl"),
        (volume("Li0"), "thickness per charge", "Li0"),
    ]:
        expected = lines.constant(name, species).value
        assert amount * mol_per_uAh * cm_to_nm == pytest.approx(expected, rel=0.01)


def test_a_missing_constant_is_named(lines: Library) -> None:
    with pytest.raises(KeyError, match="'density' of 'LixP'"):
        lines.constant("density", "LixP")


def test_find_agrees_with_a_plain_loop(lines: Library) -> None:
    expected = tuple(
        line
        for line in lines.lines
        if line.region == "S 2p" and 160.0 <= line.value <= 164.0 and line.recommended
    )
    assert lines.find(region="S 2p", near=(160.0, 164.0), recommended=True) == expected
    assert {"Li2S", "Li6PS5Cl", "S0"} <= {line.species for line in expected}
    assert lines.find() == lines.lines


def test_names_find_species_by_key_before_alias(lines: Library) -> None:
    assert [item.key for item in lines.named("Li2S")] == ["Li2S"]
    assert [item.key for item in lines.named("sulfate")] == ["SO4", "Li2SO4"]
    assert [item.key for item in lines.named("li2s")] == ["Li2S"]
    assert lines.named("unobtainium") == ()


def test_own_line_takes_the_place_of_the_recommended_one(lines: Library) -> None:
    before = only(lines.find("Li2S", "S 2p", recommended=True))
    after = lines.with_lines([own_line()])
    assert only(after.find("Li2S", "S 2p", recommended=True)).value == 160.6
    assert before.value in [line.value for line in after.find("Li2S", "S 2p", recommended=False)]
    assert len(after.lines) == len(lines.lines) + 1
    assert [line.origin for line in after.user_lines] == ["mine.csv, row 2"]
    assert lines.user_lines == ()


def test_the_later_of_two_own_lines_wins(lines: Library) -> None:
    after = lines.with_lines([own_line()]).with_lines([own_line(value=160.7)])
    assert only(after.find("Li2S", "S 2p", recommended=True)).value == 160.7
    assert len(after.user_lines) == 2


def test_own_evidence_changes_no_recommendation(lines: Library) -> None:
    after = lines.with_lines([own_line(recommended=False)])
    assert after.find(recommended=True) == lines.find(recommended=True)
    assert len(after.user_lines) == 1


def test_own_species_are_added(lines: Library) -> None:
    after = lines.with_lines([own_line(species="Na2S"), own_line(species="my phase")])
    added = after.species[len(lines.species) :]
    assert [(item.key, item.formula) for item in added] == [("Na2S", "Na2S"), ("my phase", "")]


def test_the_library_is_read_afresh_equal_and_picklable(lines: Library) -> None:
    assert library() == lines
    assert pickle.loads(pickle.dumps(lines)) == lines
    assert lines.version == "1.0.0"
