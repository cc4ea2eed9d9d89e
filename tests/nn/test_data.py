"""Examples: read from files of any shape, split, standardised."""

import csv
import io
import math
import random
import re
import statistics
from fractions import Fraction

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

import nn
from nn.coding import Coding
from nn.data import DataError, Dataset, Standardizer, iris, read_csv, split
from nn.tables import MISSING, read_table

FUZZ = settings(max_examples=200)


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """read_csv of a text or of bytes."""
    path = tmp_path_factory.mktemp("data") / "examples.csv"

    def read_text(content):
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return read_csv(path)._replace(coding=None)

    read_text.path = path
    return read_text


# -- iris ---------------------------------------------------------------------------------------


def test_iris_is_fifty_flowers_of_each_of_three_species():
    data = iris()
    assert len(data.rows) == len(data.labels) == 150
    assert data.columns == ["sepal_length", "sepal_width", "petal_length", "petal_width"]
    assert data.classes == ["setosa", "versicolor", "virginica"]
    assert [data.labels.count(k) for k in range(3)] == [50, 50, 50]
    assert {len(row) for row in data.rows} == {4}


def test_iris_has_fishers_means():
    # Fisher 1936, table 2, in cm
    means = {
        "setosa": [5.006, 3.428, 1.462, 0.246],
        "versicolor": [5.936, 2.770, 4.260, 1.326],
        "virginica": [6.588, 2.974, 5.552, 2.026],
    }
    data = iris()
    for k, name in enumerate(data.classes):
        rows = [row for row, label in zip(data.rows, data.labels) if label == k]
        assert [math.fsum(column) / 50 for column in zip(*rows)] == pytest.approx(means[name])


def test_iris_is_that_of_scikit_learn():
    datasets = pytest.importorskip("sklearn.datasets")
    bunch, data = datasets.load_iris(), iris()
    assert data.rows == bunch.data.tolist()
    assert data.labels == bunch.target.tolist()
    assert data.classes == bunch.target_names.tolist()


# -- files that can be read ---------------------------------------------------------------------

PLAIN = Dataset(["x1", "x2"], ["a", "b"], [[1.0, 2.0], [3.0, 4.0]], [0, 1])
NAMED = PLAIN._replace(columns=["p", "q"])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("1,2,a\n3,4,b\n", PLAIN),
        ("1,2,a\n3,4,b", PLAIN),
        ("1,2,a\r\n3,4,b\r\n", PLAIN),
        ("1,2,a\r3,4,b\r", PLAIN),
        ("p,q,class\n1,2,a\n3,4,b\n", NAMED),
        ("\ufeffp,q,class\n1,2,a\n3,4,b\n", NAMED),
        ("\ufeff1,2,a\n3,4,b\n", PLAIN),
        ("\n\n1,2,a\n\n \n3,4,b\n\n\n", PLAIN),
        ("p,q,class\n\n1,2,a\n,,\n3,4,b\n", NAMED),
        (" 1 ,\t2, a \n3 , 4,b\n", PLAIN),
        ('"1","2","a"\n"3","4","b"\n', PLAIN),
        ('"p",q,"class"\n1,"2",a\n3,4,"b"\n', NAMED),
        ("p,,class\n1,2,a\n3,4,b\n", NAMED._replace(columns=["p", "x2"])),
        ("1e0,.2e1,a\n+3,4.,b\n", PLAIN),
        ("3,4,b\n1,2,a\n", PLAIN._replace(rows=[[3.0, 4.0], [1.0, 2.0]], labels=[1, 0])),
        ("-1,-0.5,a\n1e-300,1e300,b\n", PLAIN._replace(rows=[[-1.0, -0.5], [1e-300, 1e300]])),
    ],
)
def test_a_well_formed_file_is_read(read, content, expected):
    assert read(content) == expected


@pytest.mark.parametrize(
    ("cells", "classes"),
    [
        (["10", "9", "-1", "9.5"], ["-1", "9", "9.5", "10"]),
        (["b", "a", "B"], ["B", "a", "b"]),
        (["b", "10", "a", "9"], ["9", "10", "a", "b"]),
        (["a,b", "<b>", "ä ö", "花", '"q"'], ['"q"', "<b>", "a,b", "ä ö", "花"]),
        (["inf", "1", "-inf"], ["-inf", "1", "inf"]),
    ],
)
def test_classes_are_ordered_numbers_by_size_then_text_by_letters(read, cells, classes):
    assert read(written([[1.0, cell] for cell in cells])).classes == classes


def test_classes_called_nan_do_not_disturb_the_order_of_the_others(read):
    # nan is neither below nor above a number, so that sorting by it gives any order
    numbers, nans = [str(k) for k in range(60)], ["NAN", "+nan", "-nan"]
    cells = [*nans, *numbers]
    random.Random(0).shuffle(cells)
    data = read(written([[1.0, cell] for cell in cells]))
    assert [c for c in data.classes if c not in nans] == numbers
    assert sorted(data.classes) == sorted(cells)


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("p,p,class", ["p", "p.2"]),
        ("p,p.2,p,class", ["p", "p.2", "p.3"]),
        ("p,p,p,p", ["p", "p.2", "p.3"]),
        (",x1,,class", ["x1", "x1.2", "x3"]),
    ],
)
def test_columns_that_share_a_name_are_told_apart(read, header, columns):
    cells = ",".join("1" * len(columns))
    assert read(f"{header}\n{cells},a\n{cells},b\n").columns == columns


def test_a_cell_may_hold_a_line_break(read):
    data = read('"first\ncolumn",q,class\n1,2,"a\r\nb"\n3,4,c\n')
    assert data.columns == ["first\ncolumn", "q"]
    assert data.classes == ["a\r\nb", "c"]


def written(rows, header=None, **options):
    text = io.StringIO()
    csv.writer(text, **options).writerows([header, *rows] if header else rows)
    return text.getvalue()


# what a CSV file gives back: text without spaces around it
names = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=8
) | st.sampled_from(["a,b", 'say "x"', "two words", "ünï", "<b>", "&amp;", "#", "'", "-"])
names = names.filter(lambda name: name not in MISSING)


def is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


@st.composite
def tables(draw):
    finite = st.floats(-1e300, 1e300)
    width = draw(st.integers(1, 4))
    classes = draw(st.lists(names, min_size=2, max_size=4, unique=True))
    labels = [*classes, *draw(st.lists(st.sampled_from(classes), max_size=6))]
    rows = [draw(st.lists(finite, min_size=width, max_size=width)) for _ in labels]
    header = draw(st.lists(names, min_size=width, max_size=width, unique=True))
    return header, rows, labels


@FUZZ
@given(
    tables(),
    st.booleans(),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
)
def test_a_table_survives_the_file_to_the_last_digit(read, table, with_header, end, quoting):
    header, rows, labels = table
    assume(not any(map(is_number, [*header, *labels])))
    data = read(
        written(
            [[*row, name] for row, name in zip(rows, labels)],
            [*header, "class"] if with_header else None,
            lineterminator=end,
            quoting=quoting,
        )
    )
    assert data.rows == rows
    assert data.columns == (header if with_header else [f"x{i + 1}" for i in range(len(header))])
    assert [data.classes[k] for k in data.labels] == labels
    assert data.classes == sorted(set(labels))


# -- files that cannot --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", ["the file is empty"]),
        ("\n\n  \n", ["the file is empty"]),
        (",,\n,,\n", ["the file is empty"]),
        ("\ufeff", ["the file is empty"]),
        ("p,q,class\n", ["a header", "no row of data"]),
        ("1,2,a\n3,x,b\n", ["row 2", "column x2: ", "a number", "'x'"]),
        ("p,q,class\n1,2,a\n3,four,b\n", ["row 3", "column q: ", "'four'"]),
        ("p,q,class\n\n\n1,2,a\nthree,4,b\n", ["row 5", "column p: ", "'three'"]),
        ("1,2,a\n3,,b\n", ["row 2", "column x2: ", "an empty cell"]),
        ("1,2,a\nnan,4,b\n", ["row 2", "column x1: ", "'nan'"]),
        ("1,2,a\n3,-inf,b\n", ["row 2", "column x2: ", "'-inf'"]),
        ("1,2,a\n3,1e999,b\n", ["row 2", "column x2: ", "'1e999'"]),
        ("1,2,a\n3,0x10,b\n", ["row 2", "'0x10'"]),
        ("1,2,a\n3,1 000,b\n", ["row 2", "'1 000'"]),
        ("1,2,a\n3,1_000,b\n", ["row 2", "column x2: ", "a number", "'1_000'"]),
        ("1,2,a\n3,1.1e300,b\n", ["row 2", "column x2: ", "up to 1e+300", "'1.1e300'"]),
        ("1,2,a\n3,4\n", ["row 2", "2 cells; expected 3"]),
        ("1,2,a\n3,4,b,5\n", ["row 2", "4 cells; expected 3"]),
        ("1,2,a\n3,4,5,b\n", ["row 2", "4 cells; expected 3"]),
        ("1,2,a\n3,4,\n", ["row 2, column x3: ", "a class", "--missing drop"]),
        ("1,2,a\n3,4,a\n", ["one class only", "'a'"]),
        ("1,2,a\n", ["one class only"]),
        ("1\n2\n", ["only column", "commas"]),
        ('1,2,"a\n3,4,b\n', ["not a CSV file"]),
        ('1,"2"x,a\n3,4,b\n', ["not a CSV file"]),
        (b"1,2,caf\xe9\n3,4,b\n", ["not a CSV file in UTF-8"]),
        ("1,2,a\n3,4,b\n".encode("utf-16"), ["not a CSV file in UTF-8"]),
        (b"1,2,a\n3,\x004,b\n", ["examples.csv: "]),
        (b"\x89PNG\r\n\x1a\n\x00\x00", ["not a CSV file"]),
        (b"PK\x03\x04\x14\x00\x06\x00", ["examples.csv: "]),
        ("1," + "9" * 200_000 + ",a\n", ["not a CSV file"]),
    ],
)
def test_a_malformed_file_is_a_data_error_that_says_where(read, content, told):
    with pytest.raises(DataError) as info:
        read(content)
    message = str(info.value)
    assert message.startswith(f"{read.path}: ")
    assert "\n" not in message
    for part in told:
        assert part in message


@pytest.mark.parametrize(
    ("make", "told"),
    [(lambda path: None, "No such file"), (lambda path: path.mkdir(), "[Dd]irectory")],
    ids=["missing", "folder"],
)
@pytest.mark.parametrize("kind", [str, lambda path: path], ids=["str", "Path"])
def test_what_is_not_a_file_is_a_data_error_that_names_it(tmp_path, make, told, kind):
    path = tmp_path / "iris.csv"
    make(path)
    with pytest.raises(DataError, match=rf"iris\.csv: .*{told}"):
        read_csv(kind(path))


def check_is_sound(data):
    """What every Dataset promises."""
    assert len(data.rows) == len(data.labels) > 1
    assert len(set(data.classes)) == len(data.classes) > 1
    assert {type(x) for row in data.rows for x in row} == {float}
    assert all(math.isfinite(x) for row in data.rows for x in row)
    assert {len(row) for row in data.rows} == {len(data.columns)}
    assert set(data.labels) == set(range(len(data.classes)))
    assert all(data.classes)
    assert all(data.columns)


def read_or_refuse(read, content):
    refusal = None
    try:
        data = read(content)
    except DataError as error:
        refusal = str(error)
    if refusal is None:
        check_is_sound(data)
    else:
        assert refusal.startswith(f"{read.path}: ")
        assert "\n" not in refusal


@FUZZ
@given(st.binary(max_size=200))
@example(b"\xff\xfe1\x00,\x002\x00")
def test_arbitrary_bytes_are_read_or_refused(read, content):
    read_or_refuse(read, content)


@FUZZ
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_arbitrary_text_is_read_or_refused(read, content):
    read_or_refuse(read, content)


PIECES = [
    "1",
    "2.5",
    "-3e2",
    ",",
    ",",
    ",",
    "\n",
    "\n",
    "\r\n",
    '"',
    " ",
    "a",
    "b",
    "nan",
    "\0",
    "é",
]


@FUZZ
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
@example("1,a\n2,b\n")
def test_what_almost_looks_like_a_table_is_read_or_refused(read, content):
    read_or_refuse(read, content)


# -- splitting ----------------------------------------------------------------------------------


@st.composite
def labelled(draw):
    """Some examples, each with a row of its own, two or more of each class."""
    counts = draw(st.lists(st.integers(2, 12), min_size=2, max_size=4))
    labels = draw(st.permutations([k for k, n in enumerate(counts) for _ in range(n)]))
    rows = [[float(i)] for i in range(len(labels))]
    return Dataset(["x"], [f"c{k}" for k in range(len(counts))], rows, list(labels))


@given(labelled(), st.floats(0.01, 0.99), st.integers(0, 999))
def test_a_split_covers_all_disjointly_and_gives_each_class_its_share(data, share, seed):
    training, test = split(data, share, random.Random(seed))
    for part in (training, test):
        assert (part.columns, part.classes) == (data.columns, data.classes)
        assert [data.labels[int(x)] for [x] in part.rows] == part.labels
        assert part.rows == sorted(part.rows), "examples stay in their order"
    assert sorted(training.rows + test.rows) == data.rows
    for k in range(len(data.classes)):
        n, held_out = data.labels.count(k), test.labels.count(k)
        assert 1 <= held_out <= n - 1
        assert abs(held_out - share * n) <= 0.5 or held_out in (1, n - 1)


def test_a_split_is_decided_by_the_rng_and_changes_nothing():
    data = iris()
    before = ([list(row) for row in data.rows], list(data.labels))
    first, second, other = (split(data, 0.3, random.Random(seed)) for seed in (1, 1, 2))
    assert first == second != other
    assert (data.rows, data.labels) == before


def test_every_flower_can_come_to_be_tested_on():
    data = Dataset(["x"], ["a", "b"], [[float(i)] for i in range(10)], [0, 1] * 5)
    seen = set()
    for seed in range(60):
        seen |= {x for [x] in split(data, 0.2, random.Random(seed))[1].rows}
    assert seen == {float(i) for i in range(10)}


def test_a_class_of_one_example_cannot_be_split():
    data = Dataset(["x"], ["many", "single"], [[1.0], [2.0], [3.0]], [0, 0, 1])
    with pytest.raises(DataError, match="class 'single' has 1 example; each needs 2 or more"):
        split(data, 0.5, random.Random(0))


@pytest.mark.parametrize("fraction", [1.5, 1, 0, -0.3, math.nan])
def test_a_fraction_is_between_none_and_all(fraction):
    with pytest.raises(
        ValueError, match=rf"test_fraction: expected a number in \(0, 1\), got {fraction}"
    ):
        split(iris(), fraction, random.Random(0))


def test_a_split_needs_an_rng():
    with pytest.raises(TypeError, match=r"got 7; write random\.Random\(7\)"):
        split(iris(), 0.3, 7)


# -- standardising ------------------------------------------------------------------------------


@given(
    st.lists(
        st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3),
        min_size=2,
        max_size=20,
    )
)
def test_standardised_columns_have_mean_zero_and_deviation_one(rows):
    spreads = [max(column) - min(column) for column in zip(*rows)]
    assume(all(spread > 1e-3 for spread in spreads))
    scale = Standardizer.of(rows)
    for column in zip(*map(scale, rows)):
        assert math.fsum(column) / len(rows) == pytest.approx(0, abs=1e-6)
        assert math.fsum(x * x for x in column) / len(rows) == pytest.approx(1, abs=1e-6)


@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=20, unique=True))
def test_means_and_deviations_are_exact_to_rounding(column):
    scale = Standardizer.of([[x] for x in column])
    exact = Fraction(sum(column), len(column))
    assert scale.means == [pytest.approx(float(exact), rel=1e-15, abs=1e-13)]
    assert scale.deviations == [pytest.approx(statistics.pstdev(map(Fraction, column)), rel=1e-14)]


def test_a_large_offset_does_not_swamp_the_deviation():
    # the textbook sum of squares minus square of sums gives 0 here, or worse
    scale = Standardizer.of([[1e9 + x] for x in (1.0, 2.0, 3.0)])
    assert scale.deviations == [pytest.approx(math.sqrt(2 / 3), rel=1e-12)]


@given(st.floats(-1e100, 1e100), st.integers(1, 300))
@example(0.1, 3)
@example(0.1, 6)
@example(0.7, 3)
def test_a_constant_column_becomes_zero_with_deviation_one(x, n):
    # n * 0.1 / n is not always 0.1, and what is left must not be taken for a deviation
    scale = Standardizer.of([[x]] * n)
    assert scale == Standardizer([x], [1.0])
    assert scale([x]) == [0.0]


def test_the_old_name_works_and_warns():
    with pytest.warns(DeprecationWarning, match=r"nn\.data\.Scale is now nn\.data\.Standardizer"):
        from nn.data import Scale
    assert Scale is Standardizer
    with pytest.raises(AttributeError, match=r"module 'nn\.data' has no attribute 'Scales'"):
        _ = nn.data.Scales


def test_a_scale_is_applied_column_by_column():
    scale = Standardizer([1.0, -1.0], [2.0, 0.5])
    assert scale([3.0, 0.0]) == [1.0, 2.0]
    assert scale((1, -1)) == [0.0, 0.0]


# -- rows to classify ---------------------------------------------------------------------------


def read_rows(path, columns):
    """(rows, classes) as `predict` reads them for a model of columns of numbers."""
    coding = Coding(list(columns), ["any"], {}, "", "")
    rows, classes, _ = coding.read(read_table(path, columns), training=False)
    return rows, classes


@pytest.fixture
def table(tmp_path):
    def write(text):
        path = tmp_path / "rows.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_columns_are_found_by_their_names(table):
    path = table("weight,height,kind\n70,1.8,bee\n60,1.7,ant\n")
    assert read_rows(path, ["height", "weight"]) == ([[1.8, 70.0], [1.7, 60.0]], ["bee", "ant"])


def test_rows_need_no_class_and_no_header(table):
    assert read_rows(table("1,2\n3,4\n"), ["a", "b"]) == ([[1.0, 2.0], [3.0, 4.0]], [])
    assert read_rows(table("1,2,x\n"), ["a", "b"]) == ([[1.0, 2.0]], ["x"])
    assert read_rows(table("a,b\n1,2\n"), ["b", "a"]) == ([[2.0, 1.0]], [])
    assert read_rows(table("7\n8\n"), ["a"]) == ([[7.0], [8.0]], [])


def test_columns_without_names_are_read_from_left_to_right(table):
    path = table("p,q,class\n1,2,x\n")
    assert read_rows(path, ["x1", "x2"]) == ([[1.0, 2.0]], ["x"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("p,b\n1,2\n", "there is no column 'a'; the columns are p, b"),
        ("1\n", "row 1 has 1 cells; expected 2 columns (a, b)"),
        ("1,2,3,x\n", "row 1 has 4 cells"),
        ("a,b\n1,\n", "row 2, column b: expected a number, got an empty cell"),
        ("b,a\n1,oops\n", "row 2, column a: expected a number, got 'oops'"),
        ("", "empty"),
    ],
)
def test_rows_that_do_not_fit_are_a_data_error(table, text, told):
    with pytest.raises(DataError, match=re.escape(told)):
        read_rows(table(text), ["a", "b"])


def check_rows_are_those_trained_on(path, data):
    """A file is read to classify just as it was read to train."""
    names = [data.classes[k] for k in data.labels]
    assert read_rows(path, data.columns) == (data.rows, names)


@FUZZ
@given(tables(), st.booleans())
def test_a_table_is_read_to_classify_as_it_was_to_train(read, table, with_header):
    header, rows, labels = table
    assume(not any(map(is_number, [*header, *labels])))
    lines = [[*row, name] for row, name in zip(rows, labels)]
    data = read(written(lines, [*header, "class"] if with_header else None))
    check_rows_are_those_trained_on(read.path, data)


@pytest.mark.parametrize(
    "header",
    ["p,p,q,class", ",p,q,class", "p,,,class", "x2,x1,x3,class", "x1,x1,p,class", "p,q,p,p"],
)
def test_odd_headers_are_read_to_classify_as_they_were_to_train(read, header):
    data = read(f"{header}\n1,2,3,a\n4,5,6,b\n")
    assert data.rows == [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    check_rows_are_those_trained_on(read.path, data)


@given(st.permutations(["p", "q", "r"]), st.integers(0, 3) | st.none())
def test_named_columns_may_stand_in_any_order_with_the_class_among_them(read, order, place):
    numbers = {"p": "1", "q": "2", "r": "3", "kind": "a"}
    header = list(order)
    if place is not None:
        header.insert(place, "kind")
    read.path.write_text(
        f"{','.join(header)}\n{','.join(numbers[name] for name in header)}\n", encoding="utf-8"
    )
    classes = [] if place is None else ["a"]
    assert read_rows(read.path, ["p", "q", "r"]) == ([[1.0, 2.0, 3.0]], classes)


def test_columns_that_are_called_x1_and_x2_are_found_by_name_where_the_file_names_them(table):
    path = table("x2,x1,class\n2,1,a\n")
    assert read_rows(path, ["x1", "x2"]) == ([[1.0, 2.0]], ["a"])


@FUZZ
@given(
    st.lists(st.sampled_from(PIECES), max_size=40).map("".join) | st.text(max_size=60),
    st.sampled_from([["a"], ["x1"], ["a", "b"], ["x1", "x2"], ["a", "a"]]),
)
@example("1,2,x\n3,4,y\n", ["a", "b"])
def test_any_text_gives_rows_to_classify_or_is_refused(read, content, columns):
    read.path.write_bytes(content.encode("utf-8", "surrogatepass"))
    refusal = None
    try:
        rows, classes = read_rows(read.path, columns)
    except DataError as error:
        refusal = str(error)
    if refusal is None:
        assert rows
        assert {len(row) for row in rows} == {len(columns)}
        assert all(math.isfinite(x) for row in rows for x in row)
        assert classes == [] or (len(classes) == len(rows) and "" not in classes)
    else:
        assert refusal.startswith(f"{read.path}: ")
        assert "\n" not in refusal
