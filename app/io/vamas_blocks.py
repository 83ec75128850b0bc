"""The layout of ISO 14976 (VAMAS) files: lines in, header and blocks out, nothing interpreted.

Layout: Dench, Hazell, Seah and the VAMAS community 1988, doi:10.1002/sia.740130202. One value
per line; which values a block has depends on experiment mode, scan mode, technique, and, from
the second block on, on the parameter inclusion or exclusion list of the header.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.io.content import number, shown
from fitting.arrays import FloatArray
from fitting.errors import ReadError

IDENTIFIER = "VAMAS Surface Chemical Analysis Standard Data Transfer Format"
TERMINATOR = "end of experiment"
UNSPECIFIED = 1e36  # the standard's placeholder is 1E+37

MODES = ("MAP", "MAPDP", "MAPSV", "MAPSVDP", "NORM", "SDP", "SDPSV", "SEM", "NOEXP")
_SCAN_MODES = ("REGULAR", "IRREGULAR", "MAPPING")
_ION_TECHNIQUES = (
    "FABMS",
    "FABMS energy spec",
    "ISS",
    "SIMS",
    "SIMS energy spec",
    "SNMS",
    "SNMS energy spec",
)
_PHOTON_TECHNIQUES = ("AES diff", "AES dir", "EDX", "ELS", "UPS", "XPS", "XRF")


class Cursor:
    """Reads a file line by line and names the line in every error."""

    def __init__(self, lines: list[str], path: Path) -> None:
        self._lines = lines
        self._next = 0
        self.path = path

    @property
    def place(self) -> str:
        """The line that was read last."""
        return f"line {self._next}"

    @property
    def left(self) -> int:
        """Lines not read yet."""
        return len(self._lines) - self._next

    def text(self, what: str) -> str:
        """Next line, stripped."""
        if self.left <= 0:
            raise ReadError(self.path, f"line {len(self._lines)}", f"the file ends before {what}")
        self._next += 1
        return self._lines[self._next - 1].replace("\x00", "").strip()

    def real(self, what: str) -> float | None:
        """Next line as a number; None for the placeholder of unspecified values."""
        value = number(self.text(what), self.path, self.place, what)
        return None if abs(value) >= UNSPECIFIED else value

    def whole(self, what: str) -> int:
        """Next line as a whole number."""
        value = number(self.text(what), self.path, self.place, what)
        if value != int(value):
            raise ReadError(self.path, self.place, f"found {value:g} where {what} was expected")
        return int(value)

    def count(self, what: str) -> int:
        """Next line as a number of things that take at least one line each."""
        value = self.whole(f"the number of {what}")
        if not 0 <= value <= self.left:
            raise ReadError(
                self.path,
                self.place,
                f"{value} {what} announced, but {self.left} lines are left in the file",
            )
        return value

    def texts(self, what: str) -> list[str]:
        """A count, then so many lines."""
        return [self.text(what) for _ in range(self.count(f"{what}s"))]

    def ordinates(self, count: int) -> FloatArray:
        """So many lines of numbers; nan is a missing point."""
        start = self._next
        found = self._lines[start : start + count]
        if len(found) < count:
            problem = f"the file ends after {len(found)} of {count} ordinate values"
            raise ReadError(self.path, f"line {len(self._lines)}", problem)
        self._next += count
        try:
            values = np.array([float(line) for line in found])
        except ValueError:
            values = np.array([np.inf])
        if np.isinf(values).any():
            for line, text in enumerate(found, start=start + 1):
                if text.strip().lower() != "nan":
                    number(text.strip(), self.path, f"line {line}", "an ordinate value")
        return values


@dataclass(frozen=True)
class Header:
    """What holds for all blocks of a file; ``said`` is all of it, JSON-like."""

    experiment_mode: str
    scan_mode: str
    variables: tuple[tuple[str, str], ...]
    included: frozenset[int]
    upgrade_entries: int
    blocks: int
    said: Mapping[str, object]


Said = dict[str, object]


@dataclass(frozen=True, eq=False)
class Block:
    """One block: parameters as in the standard, and ordinates (variable, point)."""

    said: Said
    ordinates: FloatArray
    line: str


def read_header(cursor: Cursor) -> Header:
    """Everything before the first block.

    Raises
    ------
    ReadError
    """
    cursor.text("the format identifier")
    said: Said = {
        name: cursor.text(f"the {name}")
        for name in ("institution", "instrument", "operator", "experiment")
    }
    said["comment"] = cursor.texts("comment line")
    mode = _choice(cursor, "experiment mode", MODES)
    scan_mode = _choice(cursor, "scan mode", _SCAN_MODES)
    said |= {"experiment_mode": mode, "scan_mode": scan_mode}
    if mode in ("MAP", "MAPDP", "NORM", "SDP"):
        said["spectral_regions"] = cursor.whole("the number of spectral regions")
    if mode in ("MAP", "MAPDP"):
        said["analysis_positions"] = cursor.whole("the number of analysis positions")
        said["map_size"] = [cursor.whole("the number of map positions") for _ in range(2)]
    variables = tuple(
        (cursor.text("a variable label"), cursor.text("a variable unit"))
        for _ in range(cursor.count("experimental variables"))
    )
    said["variables"] = [list(pair) for pair in variables]
    included = _inclusion_list(cursor)
    said["manual_entries"] = cursor.texts("manually entered item")
    upgrades = cursor.count("future upgrade experiment entries")
    upgrade_entries = cursor.count("future upgrade block entries")
    said["future_upgrade"] = [cursor.text("a future upgrade entry") for _ in range(upgrades)]
    blocks = cursor.count("blocks")
    return Header(mode, scan_mode, variables, included, upgrade_entries, blocks, said)


def _choice(cursor: Cursor, what: str, known: tuple[str, ...]) -> str:
    found = cursor.text(f"the {what}")
    if found.upper() not in known:
        raise ReadError(
            cursor.path, cursor.place, f"{what} {shown(found)} is not one of {', '.join(known)}"
        )
    return found.upper()


def _inclusion_list(cursor: Cursor) -> frozenset[int]:
    entries = cursor.whole("the number of entries in the inclusion or exclusion list")
    if abs(entries) > 40:
        raise ReadError(
            cursor.path, cursor.place, f"{entries} entries in the inclusion list, 40 at most exist"
        )
    listed = {cursor.whole("a parameter number") for _ in range(abs(entries))}
    everything = set(range(1, 41))
    if entries == 0:
        return frozenset(everything)
    return frozenset(listed if entries > 0 else everything - listed)


class _BlockReader:
    """Reads the parameters of one block, or takes them over from the first."""

    def __init__(self, cursor: Cursor, header: Header, first: Said | None) -> None:
        self.cursor = cursor
        self.header = header
        self.first = first
        self.said: Said = {}

    def has(self, prefix: int, *names: str) -> bool:
        if self.first is None or prefix in self.header.included:
            return True
        for name in names:
            if name in self.first:
                self.said[name] = self.first[name]
        return False

    def reals(self, prefix: int, *names: str) -> None:
        if self.has(prefix, *names):
            for name in names:
                self.said[name] = self.cursor.real(name.replace("_", " "))

    def texts(self, prefix: int, *names: str) -> None:
        if self.has(prefix, *names):
            for name in names:
                self.said[name] = self.cursor.text(name.replace("_", " "))


def read_block(cursor: Cursor, header: Header, first: Said | None) -> Block:
    """One block; parameters left out come from the first block.

    Raises
    ------
    ReadError
    """
    reader = _BlockReader(cursor, header, first)
    reader.said["block"] = cursor.text("a block identifier")
    line = cursor.place
    reader.said["sample"] = cursor.text("a sample identifier")
    _read_origin(reader)
    technique = str(reader.said["technique"])
    _read_source(reader, technique)
    _read_analyser(reader, technique)
    _read_signal(reader, technique)
    reader.said["future_upgrade"] = [
        cursor.text("a future upgrade block entry") for _ in range(header.upgrade_entries)
    ]
    return Block(reader.said, _read_ordinates(reader), line)


def _read_origin(reader: _BlockReader) -> None:
    for prefix, name in enumerate(
        ("year", "month", "day", "hour", "minute", "second", "hours_ahead_of_GMT"), start=1
    ):
        reader.reals(prefix, name)
    if reader.has(8, "comment"):
        reader.said["comment"] = reader.cursor.texts("block comment line")
    reader.texts(9, "technique")


def _read_source(reader: _BlockReader, technique: str) -> None:
    mode, cursor = reader.header.experiment_mode, reader.cursor
    if mode in ("MAP", "MAPDP"):
        reader.reals(10, "map_x", "map_y")
    if reader.has(11, "variables"):
        reader.said["variables"] = [
            cursor.real(f"the value of {label}") for label, _ in reader.header.variables
        ]
    reader.texts(12, "source_label")
    if mode in ("MAPDP", "MAPSVDP", "SDP", "SDPSV") or technique in _ION_TECHNIQUES:
        reader.reals(13, "ion_atomic_number", "ion_atoms", "ion_charge")
    reader.reals(14, "source_energy_eV")
    reader.reals(15, "source_strength")
    reader.reals(16, "source_width_x_um", "source_width_y_um")
    if mode in ("MAP", "MAPDP", "MAPSV", "MAPSVDP", "SEM"):
        reader.reals(17, "field_x_um", "field_y_um")
    if mode in ("MAPSV", "MAPSVDP", "SEM"):
        reader.reals(18, *(f"linescan_{i}" for i in range(6)))
    reader.reals(19, "source_polar_angle_deg")
    reader.reals(20, "source_azimuth_deg")


def _read_analyser(reader: _BlockReader, technique: str) -> None:
    reader.texts(21, "analyser_mode")
    reader.reals(22, "pass_energy_or_retard_ratio")
    if technique == "AES diff":
        reader.reals(23, "differential_width_eV")
    reader.reals(24, "magnification")
    reader.reals(25, "analyser_work_function_eV")
    reader.reals(26, "target_bias_V")
    reader.reals(27, "analysis_width_x_um", "analysis_width_y_um")
    reader.reals(28, "take_off_polar_angle_deg", "take_off_azimuth_deg")
    reader.texts(29, "species")
    if reader.has(30, "transition", "particle_charge"):
        reader.texts(30, "transition")
        reader.reals(30, "particle_charge")


def _read_signal(reader: _BlockReader, technique: str) -> None:
    cursor, header = reader.cursor, reader.header
    if header.scan_mode == "REGULAR":
        reader.texts(31, "abscissa_label", "abscissa_unit")
        reader.reals(31, "abscissa_start", "abscissa_increment")
    if reader.has(32, "ordinates"):
        reader.said["ordinates"] = [
            [cursor.text("an ordinate label"), cursor.text("an ordinate unit")]
            for _ in range(cursor.count("corresponding variables"))
        ]
    reader.texts(33, "signal_mode")
    reader.reals(34, "collection_time_s")
    reader.reals(35, "scans")
    reader.reals(36, "time_correction_s")
    depth_profile = header.experiment_mode in ("MAPDP", "MAPSVDP", "SDP", "SDPSV")
    if depth_profile and technique in _PHOTON_TECHNIQUES:
        names = ("energy_eV", "current_nA", "width_x_um", "width_y_um", "polar_deg", "azimuth_deg")
        if reader.has(37, *(f"sputter_{name}" for name in names), "sputter_mode"):
            reader.reals(37, *(f"sputter_{name}" for name in names))
            reader.texts(37, "sputter_mode")
    reader.reals(38, "tilt_polar_angle_deg", "tilt_azimuth_deg")
    reader.reals(39, "rotation_angle_deg")
    if reader.has(40, "additional"):
        reader.said["additional"] = [
            [cursor.text("a label"), cursor.text("a unit"), _number_or_text(cursor)]
            for _ in range(cursor.count("additional numerical parameters"))
        ]


def _number_or_text(cursor: Cursor) -> float | str | None:
    text = cursor.text("the value of an additional parameter")
    try:
        value = float(text)
    except ValueError:
        return text
    return value if abs(value) < UNSPECIFIED else None


def _read_ordinates(reader: _BlockReader) -> FloatArray:
    cursor = reader.cursor
    labels = reader.said.get("ordinates")
    variables = len(labels) if isinstance(labels, list) else 0
    values = cursor.count("ordinate values")
    if variables == 0 or values % variables:
        raise ReadError(
            cursor.path,
            cursor.place,
            f"{values} ordinate values do not divide into {variables} corresponding variables",
        )
    for _ in range(variables):
        cursor.real("the minimum of an ordinate")
        cursor.real("the maximum of an ordinate")
    return cursor.ordinates(values).reshape(-1, variables).T
