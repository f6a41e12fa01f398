"""The text of a file of football-data.co.uk: its encoding, its headers and the lines below each of them.

A line is a record as soon as it has content. A header in mid-file holds for the lines below it, so that no cell is read
under a name that stood above another column.
"""

import codecs
import contextlib
import csv
import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

#: Published names of the columns every record needs, in the order they are looked for.
KEY_COLUMNS = {
    "date": ("Date",),
    "home": ("HomeTeam", "Home", "HT"),
    "away": ("AwayTeam", "Away", "AT"),
}
#: The other columns that are read by name; every other column keeps the spelling it is first published in.
_NAMES = (
    "Div Time Country League Season FTHG FTAG FTR HG AG Res HTHG HTAG HTR Referee Attendance "
    "HS AS HST AST HF AF HC AC HY AY HR AR"
)
SPELLING = {
    name.lower(): name for name in [*(name for names in KEY_COLUMNS.values() for name in names), *_NAMES.split()]
}
#: No published column has such a name: ours, those that polars takes for many columns (`*`, `^...$`), and those with a
#: zero byte, which Arrow does not take.
NO_NAME = re.compile(r"_.*|match_date|\*|\^.*\$|.*\0.*", re.IGNORECASE | re.DOTALL)
SEPARATORS = ",;\t|"
#: A header has at least this share of the names of the file's first header, and so many of them.
HEADER_SHARE, HEADER_NAMES = 0.5, 3
#: A line break within quotes parts a record into no more lines.
MOST_LINES = 5
#: The widest file of the site has 132 columns (2025/26); each new one becomes a column of the table for good.
MOST_COLUMNS = 400
BLANKS = ", \t"
_LINE_END = re.compile(r"\r\n|\n|\r")
#: Files put one behind another have byte order marks within; a DOS file ends with Ctrl-Z.
BYTE_ORDER_MARK, END_OF_FILE = "\ufeff", "\x1a"
#: The bytes of cp1252 that are other letters than in Latin-1.
_CP1252 = {bytes([byte]).decode("cp1252", "ignore"): byte for byte in range(0x80, 0xA0)}
_DECIMAL_COMMA = re.compile(r"-?\d+,\d+")
_NEEDS_QUOTES = re.compile(r'[,"\r\n]')
_BET365 = re.compile(r"^Bet365(?=.)", re.IGNORECASE)
_COMMA_IN_NAME = re.compile(r"(?<=\d),(?=\d)")


@dataclass
class Section:
    """The lines below a header, by their number in the file, the first of which is 1.

    `columns` are the names as this platform spells them, empty where a column has none of its own: it has no name, one
    of our own names, one that differs from an earlier one in case alone, or one that no table can hold.
    """

    header: list[str]
    columns: list[str]
    lines: list[tuple[int, str]] = field(default_factory=list)

    def column(self, role: str) -> str | None:
        """The column of a key role."""
        return next((name for name in KEY_COLUMNS[role] if name in self.columns), None)

    def problem(self) -> str:
        """Why nothing can be read below the header: it lacks what every record needs, or is no header; else empty."""
        if len(self.header) > MOST_COLUMNS:
            return f"expected at most {MOST_COLUMNS} columns, found {len(self.header)}"
        for role, names in KEY_COLUMNS.items():
            if self.column(role) is None:
                return f"expected a column for {role} ({' or '.join(names)}), found {self.header[:20]}"
        return ""


def decode(body: bytes) -> str:
    """The text of a body in UTF-16, or with each line in UTF-8 or cp1252; without byte order marks and Ctrl-Z."""
    return _decode(body).replace(BYTE_ORDER_MARK, "").rstrip(END_OF_FILE)


def _decode(body: bytes) -> str:
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", errors="replace")
    # every other byte of plain text is zero in UTF-16
    head = body[:64]
    for encoding, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
        if zeros and zeros.count(0) > len(zeros) / 2:
            return body.decode(encoding, errors="replace")
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return "".join(map(_decode_line, body.splitlines(keepends=True)))
    return text if text.isascii() else "".join(map(_restored, text.splitlines(keepends=True)))


def _decode_line(line: bytes) -> str:
    """A line in UTF-8, or else in cp1252: rows of two encodings come together when a file is mended by hand."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.removeprefix(codecs.BOM_UTF8).decode("cp1252", errors="replace")


def _restored(line: str) -> str:
    """A line whose UTF-8 was taken for cp1252 and written anew, once or more often, as it was (`MÃ¡laga`)."""
    while not line.isascii():
        try:
            earlier = bytes(_CP1252.get(sign, ord(sign)) for sign in line).decode()
        except ValueError:  # no letters of cp1252, or no UTF-8 in them
            break
        line = earlier
    return line


def sections(body: bytes) -> list[Section]:
    """The headers of a file, each with the lines below it; none of a file without content."""
    text = decode(body)
    lines = [(n, line) for n, line in enumerate(_LINE_END.split(text), start=1) if line.strip(BLANKS)]
    if lines and lines[0][1].lower().startswith("sep="):  # a hint for spreadsheets
        lines = lines[1:]
    if not lines:
        return []
    separator = max(SEPARATORS, key=lines[0][1].count)
    if '"' in text:
        lines = list(_joined(lines, separator))
    if separator != ",":
        lines = [(n, _with_commas(line, separator)) for n, line in lines]
        lines = [(n, line) for n, line in lines if line.strip(BLANKS)]
    first, below = _section(lines[0][1]), lines[1:]
    if not _may_have_another_header(text, first):
        first.lines = below
        return [first]
    parts, names = [first], {name.lower() for name in first.header if name}
    for number, line in below:
        cells = {cell.strip().lower() for cell in split(line)} - {""}
        shared = len(cells & names)
        if shared >= HEADER_NAMES and shared >= HEADER_SHARE * min(len(cells), len(names)):
            parts.append(_section(line))
        else:
            parts[-1].lines.append((number, line))
    return parts


def split(line: str, separator: str = ",") -> list[str]:
    """The cells of one line; a stray quotation mark is a character like any other."""
    if '"' in line and line.count('"') % 2 == 0:
        with contextlib.suppress(csv.Error):
            return next(csv.reader([line], delimiter=separator))
    return line.split(separator)


def fold(names: Sequence[str]) -> dict[str, str]:
    """Each name with the first spelling among them that differs from it in case alone."""
    first: dict[str, str] = {}
    return {name: first.setdefault(name.lower(), name) for name in names}


def _section(line: str) -> Section:
    header = [name.strip() for name in split(line)]
    columns: list[str] = []
    seen: dict[str, str] = {}
    for published in map(_plain, header):
        low = published.lower()
        # a column published twice keeps its name and its first appearance counts
        none = not published or NO_NAME.fullmatch(published)
        columns.append("" if none or seen.setdefault(low, published) != published else SPELLING.get(low, published))
    return Section(header, columns)


def _plain(name: str) -> str:
    """The name of a column as the site writes it: `B365>2,5`, `Bet365&gt;2.5` and `B365 >2.5` are `B365>2.5`."""
    return _BET365.sub("B365", _COMMA_IN_NAME.sub(".", "".join(html.unescape(name).split())))


def _may_have_another_header(text: str, first: Section) -> bool:
    """Whether a name of the header that is no common word comes again below it."""
    low = text.lower()
    start = low.find("\n", low.find(first.header[-1].lower()) if first.header[-1] else 0)
    names = {name.lower() for role in KEY_COLUMNS if (name := first.column(role)) and len(name) > 3}
    return any(low.find(name, max(start, 0)) >= 0 for name in names)


def _joined(lines: Sequence[tuple[int, str]], separator: str) -> Iterator[tuple[int, str]]:
    """The lines, those that a line break within quotes parts as one."""
    width, index = len(split(lines[0][1], separator)), 0
    while index < len(lines):
        number, line = lines[index]
        whole, joined = line, 1
        if line.count('"') % 2 and line.count(separator) + 1 < width:
            for count, (_, following) in enumerate(lines[index + 1 : index + MOST_LINES], start=2):
                if following.split(separator)[0] == line.split(separator)[0]:  # a record of its own
                    break
                whole += "\n" + following
                if whole.count('"') % 2 == 0:
                    joined = count
                    break
            if joined == 1 or not line.count(separator) + 1 < len(split(whole, separator)) <= width:
                whole, joined = line, 1
        yield number, whole
        index += joined


def _with_commas(line: str, separator: str) -> str:
    """The line of a file with another separator; in such files a comma parts the decimals."""
    cells = split(line, separator)
    cells = [cell.replace(",", ".") if _DECIMAL_COMMA.fullmatch(cell.strip()) else cell for cell in cells]
    return ",".join('"' + cell.replace('"', '""') + '"' if _NEEDS_QUOTES.search(cell) else cell for cell in cells)
