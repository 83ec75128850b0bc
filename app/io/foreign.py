"""Files that are not read, called by what they are."""

_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"\x89HDF\r\n\x1a\n", "an HDF5 or NeXus file that is not one of our archives"),
    (b"PK\x03\x04", "a zip archive or Office document (xlsx, docx); export the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Office document (xls, doc); export the sheet as CSV"),
    (b"\x00\x01\x00\x00Standard Jet DB", "an Access database (Arbin .res); export it as CSV"),
    (b"\x00\x01\x00\x00Standard ACE DB", "an Access database (Arbin .res); export it as CSV"),
    (b"SQLite format 3\x00", "an SQLite database; export the spectra as CSV"),
    (b"\x1f\x8b", "gzip-compressed data (R data files are so); unpack it or export it as CSV"),
    (b"BZh", "bzip2-compressed data; unpack it first"),
    (b"\xfd7zXZ\x00", "xz-compressed data; unpack it first"),
    (b"%PDF", "a PDF document; a spectrum cannot be read from it"),
    (b"\x89PNG", "a PNG picture; a spectrum cannot be read from it"),
    (b"\xff\xd8\xff", "a JPEG picture; a spectrum cannot be read from it"),
    (b"BIO-LOGIC MODULAR FILE", "a BioLogic electrochemistry file; give it with --charge-log"),
    (b"EC-Lab ASCII FILE", "a BioLogic electrochemistry export; give it with --charge-log"),
    (b"BT-Lab ASCII FILE", "a BioLogic electrochemistry export; give it with --charge-log"),
    (b"EXPLAIN", "a Gamry electrochemistry file; export it as CSV and give it with --charge-log"),
)


def known_kind(head: bytes) -> str | None:
    """What a file that is not read is, from its first bytes; None if that is not known."""
    for beginning, name in _BEGINNINGS:
        if head.startswith(beginning):
            return f"is {name}"
    if _first_mark(head) in (b"{", b"["):
        return "is JSON text, not a spectrum"
    return None


def describe(head: bytes) -> str:
    """What a file that is not read seems to be, from its first bytes."""
    known = known_kind(head)
    if known is not None:
        return known
    if _first_mark(head) == b"<":
        return "is XML or HTML text of a kind that is not known here"
    if b"\x00" in head[:4096] and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "is binary of no known kind"
    return "is text of no known kind"


def _first_mark(head: bytes) -> bytes:
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
