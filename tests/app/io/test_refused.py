"""Files that are called by what they are."""

from pathlib import Path

import pytest

from app.io.refused import REFUSED
from fitting.errors import ReadError
from tests.contracts.reader import HEADS, assert_one_sentence

FILES = {
    "CasaXPS report": HEADS["casaxps_report"],
    "table of fitted peaks": b"file,component,peak_BE,FWHM_approx,area\na,b,1,2,3\n",
}


@pytest.mark.parametrize("file_format", REFUSED, ids=lambda f: f.name)
def test_knows_its_own_and_no_others(tmp_path: Path, file_format) -> None:
    head = FILES[file_format.name]
    assert file_format.sniff(head)
    for kind, other in HEADS.items():
        assert file_format.sniff(other) is (other == head), kind
    path = tmp_path / "file"
    path.write_bytes(head)
    with pytest.raises(ReadError, match="not a spectrum") as caught:
        file_format.read(path)
    assert_one_sentence(caught.value, path)


def test_each_is_tested() -> None:
    assert {file_format.name for file_format in REFUSED} == set(FILES)
