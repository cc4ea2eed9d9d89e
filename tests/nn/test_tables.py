"""Tables are read as they were meant, whatever dialect they are written in, or refused."""

import csv
import math

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from messy import ENGLISH, GERMAN, Dialect, text

from nn.tables import MISSING, THOUSANDS, DataError, number, read_table, unique


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """read_table of a text."""
    path = tmp_path_factory.mktemp("tables") / "table.csv"

    def read_text(content, names=()):
        path.write_bytes(content.encode())
        return read_table(path, names)

    read_text.path = path
    return read_text


def rows(table):
    return [cells for _, cells in table.rows]


def refusal(read, content, names=()):
    """(message, notes) of a DataError."""
    with pytest.raises(DataError) as info:
        read(content, names)
    assert "\n" not in str(info.value)
    return str(info.value), getattr(info.value, "__notes__", [])


# -- any dialect ----------------------------------------------------------------------------------

words = st.text("abcxyzäß花.,;\t'\"#&<>- ", min_size=1, max_size=8).map(str.strip)
words = words.filter(lambda w: any(map(str.isalpha, w)) and w not in MISSING)
numbers = st.floats(-1e300, 1e300) | st.floats(-100, 100).map(lambda x: round(x, 2))


@st.composite
def tables(draw):
    """A header of text, and rows in which each column is of numbers or of text; not all of text."""
    width = draw(st.integers(2, 5))
    kinds = draw(st.lists(st.sampled_from([numbers, words]), min_size=width, max_size=width))
    kinds[draw(st.integers(0, width - 2))] = numbers
    header = draw(st.lists(words, min_size=width, max_size=width, unique=True))
    return [header, *draw(st.lists(st.tuples(*kinds).map(list), min_size=1, max_size=5))]


dialects = st.builds(
    Dialect,
    separator=st.sampled_from(",;\t"),
    mark=st.just("."),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    bom=st.booleans(),
    blank=st.booleans(),
)


@given(tables(), dialects, st.booleans())
@example([["a", "b"], [0.5, 1.5]], GERMAN, True)
@example([["a;b", "c;d"], [0.5, "e;f"]], ENGLISH, True)
@example([["a", "b"], [1.5, "x,y"], [2.5, "z,y"]], Dialect(";", ","), True)
@example([["a", "b,c"], [1.5, "x"], [2.5, "z"]], Dialect(";", ","), True)
@example([["a", "b;c"], [1.0, "x;u"], [2.0, "z;u"]], ENGLISH, False)
@example([["price, EUR", "name", "town"], [1.5, "Ann", "Rome"]], GERMAN, True)
@example([[";", "a", "b"], [1.0, ";", 2.0]], Dialect(blank=True), False)
@example([["a", "b"], [1.5, "x;y"]], Dialect("\t", ","), False)
def test_a_table_reads_the_same_in_every_dialect(read, table, dialect, decimal_comma):
    if decimal_comma:
        dialect = dialect._replace(mark=",")
    header, *body = table
    found = read(text(table, dialect))
    floats = [i for i, x in enumerate(body[0]) if isinstance(x, float)]
    assert found.columns == header
    assert found.header
    commas = [x for row in rows(found) for i, x in enumerate(row) if i in floats and "," in x]
    assume(dialect.separator == ";" or not all(map(THOUSANDS.fullmatch, commas)) or not commas)
    mark = found.decimal_mark(floats)
    body_found = [
        [number(x, mark) if i in floats else x for i, x in enumerate(row)] for row in rows(found)
    ]
    assert body_found == body


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("blank", [False, True])
def test_the_separator_may_stand_in_quoted_cells(read, separator, blank):
    table = [["name", "n"], [f"a{separator}b", 1], ['say "x"', 2], ["two\nlines", 3], ["c,d;e", 4]]
    found = read(text(table, Dialect(separator, blank=blank)))
    assert found.separator == separator
    assert rows(found) == [[name, str(n)] for name, n in table[1:]]


def test_a_space_after_the_separator_does_not_spoil_quotes(read):
    assert rows(read('p, q\n1, "a, b"\n2, c\n')) == [["1", "a, b"], ["2", "c"]]


def test_of_two_separators_that_fit_the_one_with_more_numbers_is_taken(read):
    assert read("1,5;2,5\n3,5;4,5\n").separator == ";"
    assert read("1,5\t2,5\n3,5\t4,5\n").separator == "\t"
    assert read("1,a;b\n2,c;d\n").separator == ","
    assert read("1,5;a\n2,5;b\n").separator == ";"
    assert read("1,5\ta\n2,5\tb\n").separator == "\t"
    assert read("1\n2\n").separator == ","


def test_the_line_that_tells_spreadsheets_the_separator_is_not_a_row(read):
    table = read("\ufeffsep=;\r\na;b\r\n1,5;2\r\n")
    assert (table.columns, table.separator) == (["a", "b"], ";")
    assert table.rows == [(3, ["1,5", "2"])]


def test_a_file_as_the_uci_repository_has_them(read):
    table = read('"fixed acidity";"pH";"quality"\n7.4;3.51;5\n7.8;3.2;5\n', ["quality"])
    assert table.columns == ["fixed acidity", "pH", "quality"]
    assert rows(table) == [["7.4", "3.51", "5"], ["7.8", "3.2", "5"]]


def test_a_separator_that_fits_more_rows_is_taken(read):
    # of row 3 both would refuse a cell; only the semicolon does it in one row
    message, _ = refusal(read, "a;b\n1,5;2\n3\n2,5;4\n")
    assert "row 3 has 1 cells; expected 2" in message


# -- decimal marks --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "mark"),
    [
        ("a;b\n1,5;2\n", ","),
        ("a;b\n1,234;2\n", ","),
        ("a;b\n1.5;2\n", "."),
        ("a;b\n1;2\n", "."),
        ("a;b\n1,5;2.5\n", "."),
        ("a;b\n1.234,5;2,5\n", ","),
        ("a\tb\n1,5\t2\n", ","),
        ("a\tb\n1,234\t2\n", "."),
        ("a\tb\n0,234\t2\n", ","),
        ("a\tb\n1,234\t0,5\n", ","),
        ('a,b\n"1,5",2\n', ","),
        ('a,b\n"1,234",2\n', "."),
        ('a,b\n"-1,234","+12,345"\n', "."),
        ('a,b\n"1234,567",2\n', ","),
    ],
)
def test_the_decimal_mark(read, content, mark):
    assert read(content).decimal_mark([0, 1]) == mark


def test_columns_that_are_not_used_do_not_decide_the_decimal_mark(read):
    table = read("day;x\n12.05;1,5\n13.05;2,5\n")
    assert (table.decimal_mark([1]), table.decimal_mark([0, 1])) == (",", ".")


@pytest.mark.parametrize(
    ("cell", "mark", "told"),
    [
        ("1,5", ".", "decimal point"),
        ("1.5,2", ",", "'1.5,2'"),
        ("1,234,567", ".", "'1,234,567'"),
        ("1e301", ".", "up to 1e+300"),
        ("1e999", ".", "up to 1e+300"),
        ("inf", ".", "'inf'"),
        ("0x10", ".", "'0x10'"),
        ("12 %", ".", "'12 %'"),
        ("٣", ".", "'٣'"),
        ("1" * 500, ".", "up to 1e+300, got '1111"),
    ],
)
def test_what_is_not_a_number_is_refused_with_the_reason(cell, mark, told):
    with pytest.raises(ValueError, match="expected a number") as info:
        number(cell, mark)
    assert told in str(info.value)
    assert len(str(info.value)) < 120


@given(st.floats(-1e300, 1e300), st.sampled_from(".,"))
def test_every_number_is_read_back_exactly(x, mark):
    assert number(repr(x).replace(".", mark), mark) == x
    assert math.copysign(1, number(repr(x).replace(".", mark), mark)) == math.copysign(1, x)


# -- headers and names ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "names", "columns"),
    [
        ("p,q\n1,2\n", [], ["p", "q"]),
        ("p,2020\n1,2\n", [], ["p", "2020"]),
        ("2019,2020,q\n1,2,3\n", [], None),
        ("2019,2020,q\n1,2,3\n", ["2020"], ["2019", "2020", "q"]),
        ("2019,2020,q\n1,2,3\n", ["2020", "x1"], None),
        ("1,5;a\n2,5;b\n", [], None),
        ("first name , n\nx,1\n", [], ["first name", "n"]),
        ('"two\nlines",n\nx,1\n', [], ["two\nlines", "n"]),
    ],
)
def test_the_first_row_is_a_header_if_it_has_no_numbers_or_the_names(read, content, names, columns):
    found = read(content, names)
    assert found.header == (columns is not None)
    assert found.columns == (columns or [f"x{i + 1}" for i in range(len(found.columns))])


@given(st.lists(st.sampled_from(["", "p", "q", "p.2", "x1", "x2"]), max_size=8))
def test_names_are_made_unique_and_the_first_of_each_is_kept(names):
    found = unique(names)
    assert len(set(found)) == len(found) == len(names)
    for i, name in enumerate(names):
        fresh = (name or f"x{i + 1}") not in found[:i]
        assert not fresh or found[i] == (name or f"x{i + 1}")
    assert unique(found) == found


def test_columns_are_found_by_name_or_by_place(read):
    table = read("p,x1,q\n1,2,3\n")
    assert table.places(["q", "x1", "x3", "q"]) == [2, 1, 2]
    with pytest.raises(DataError, match=r"no column 'r', 'x4'; the columns are p, x1, q$"):
        table.places(["p", "r", "x4"])


def test_empty_lines_and_empty_columns_are_left_out(read):
    table = read("\n;;;\np;q;;\n1;2;;\n\n;;;\n3;4;;\n")
    assert table.columns == ["p", "q"]
    assert table.rows == [(4, ["1", "2"]), (7, ["3", "4"])]


def test_a_named_column_without_cells_stays(read):
    assert read("p,q,r\n1,,2\n3,,4\n").columns == ["p", "q", "r"]


# -- what cannot be read --------------------------------------------------------------------------


def test_rows_of_other_lengths_are_listed_up_to_ten(read):
    content = "p,q\n" + "1,2\n1,2,3\n" * 12
    message, notes = refusal(read, content)
    assert message.endswith(": 12 errors; the first 10 are:")
    assert notes == [f"row {k} has 3 cells; expected 2" for k in range(3, 23, 2)]


def test_empty_cells_at_the_end_of_a_row_are_not_counted(read):
    assert rows(read("p,q\n1,2,,\n3,4\n")) == [["1", "2"], ["3", "4"]]


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16"])
def test_other_encodings_are_refused_with_what_to_do(tmp_path, encoding):
    path = tmp_path / "table.csv"
    path.write_bytes("name;n\nJosé;1\n".encode(encoding))
    with pytest.raises(DataError, match=r"table\.csv: .*UTF-8.*save it as one"):
        read_table(path)
