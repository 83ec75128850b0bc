"""The tables do not depend on how many processes wrote them, sweeps and thrown starts included."""

from pathlib import Path

from tests.app.program import counts, plan_file, run, tables, write_matrix

PLAN = """
format = 1
[series]
strategy = "chained"
seed = 3
[[regions]]
name = "S 2p"
window = [158.6, 165.4]
background = {kind = "constant"}
components = [
 {id = "a", shape = "gaussian", center = {value = 161.5, min = 161.1, max = 161.9}, fwhm = {value = 1.2, min = 0.6, max = 2.0}},
 {id = "b", shape = "gaussian", center = {value = 163.4, min = 162.6, max = 164.2}, fwhm = {value = 1.2, min = 0.6, max = 2.0}},
 {id = "c", shape = "gaussian", center = {value = 164.6, min = 164.1, max = 165.0}, fwhm = "a.fwhm"},
]
"""  # noqa: E501  one component a line


def test_one_and_two_processes_write_the_same(tmp_path: Path) -> None:
    matrix = write_matrix(tmp_path / "cellA__S 2p.csv", counts(2 * 64 + 5))
    plan = plan_file(tmp_path, PLAN)
    found = []
    for name, workers in (("one", 1), ("two", 2)):
        said = run(tmp_path, "fit", matrix, "--plan", plan, "-o", name, "--workers", workers)
        assert said.status == 0, said.err
        found.append(tables(tmp_path / name))
    assert found[0] == found[1]
    checks = found[0]["checks.csv"].decode()
    assert ",start," in checks  # some steps were really searched
