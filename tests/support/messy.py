"""Files as people have them: like the penguins, the wines and the houses that courses use."""

import csv
import io
import random
from typing import NamedTuple


class Dialect(NamedTuple):
    """How a table is written."""

    separator: str = ","
    mark: str = "."
    end: str = "\n"
    quoting: int = csv.QUOTE_MINIMAL
    bom: bool = False
    blank: bool = False  # empty lines, spaces around cells, separators at the end of some rows


ENGLISH = Dialect()
GERMAN = Dialect(";", ",", "\r\n", bom=True)


def text(rows, dialect=ENGLISH):
    """The text of a table; floats have the decimal mark of the dialect, None is an empty cell."""
    out = io.StringIO(newline="")
    quoting, end = dialect.quoting, dialect.end
    writer = csv.writer(out, delimiter=dialect.separator, lineterminator=end, quoting=quoting)
    for k, row in enumerate(rows):
        cells = [cell(x, dialect.mark) for x in row]
        if dialect.blank and quoting == csv.QUOTE_MINIMAL:
            cells = [f" {c}" if c and not set(c) & set(',;\t"\r\n') else c for c in cells]
        writer.writerow(cells + [""] * (2 * (dialect.blank and k % 3 == 1)))
        out.write(end * (dialect.blank and k % 4 == 0))
    return "\ufeff" * dialect.bom + out.getvalue()


def cell(x, mark="."):
    if x is None:
        return ""
    return repr(x).replace(".", mark) if isinstance(x, float) else str(x)


SPECIES = {
    "Adelie": (["Torgersen", "Biscoe", "Dream"], (38.8, 18.3, 190, 3700)),
    "Chinstrap": (["Dream"], (48.8, 18.4, 196, 3733)),
    "Gentoo": (["Biscoe"], (47.5, 15.0, 217, 5076)),
}


def penguins(count=12, gaps=4):
    """Species, island, four measurements, sex, year; some cells are missing."""
    rng = random.Random(1)
    rows = []
    for kind, (islands, means) in SPECIES.items():
        for k in range(count):
            numbers = [round(rng.gauss(m, m / 40), 1) for m in means]
            sex = rng.choice(["male", "female"])
            rows.append([kind, islands[k % len(islands)], *numbers, sex, 2007 + k % 3])
    for k in range(gaps):
        rows[7 * k + 2][2 + k % 5] = "NA"
    header = ["species", "island", "bill length (mm)", "bill depth (mm)", "flipper", "mass"]
    return [[*header, "sex", "year"], *rows]


def wine(count=10):
    """The cultivar, a number from 1 to 3, in the first column; the measurements after it."""
    rng = random.Random(2)
    means = [(1, 13.7, 1115.0), (2, 12.3, 519.0), (3, 13.1, 629.0)]
    rows = [
        [k, round(rng.gauss(alcohol, 0.3), 2), round(rng.gauss(proline, 60.0))]
        for k, alcohol, proline in means
        for _ in range(count)
    ]
    return [["class", "alcohol", "proline"], *rows]


def housing(count=40):
    """Rooms, distance, whether at the river, and the price: linear in them but for noise."""
    rng = random.Random(3)
    rows = []
    for k in range(count):
        rooms, distance, river = rng.uniform(4, 9), rng.uniform(1, 12), k % 5 == 0
        price = 9.0 * rooms - 1.5 * distance + 4.0 * river - 20 + rng.gauss(0, 1)
        numbers = [round(rooms, 3), round(distance, 4), int(river), round(price, 1)]
        rows.append([numbers[0], numbers[1], "yes" if river else "no", numbers[3]])
    return [["rooms", "distance", "river", "price"], *rows]
