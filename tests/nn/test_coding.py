"""How the columns of a table become inputs and targets, in training and when predicting."""

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st
from messy import penguins, text, wine

from nn.coding import Choices, Coding
from nn.data import DataError, Standardizer, read_examples
from nn.tables import MISSING, read_table


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("coding") / "table.csv"


@pytest.fixture
def read(path):
    """read_examples of a text."""

    def read_text(content, **choices):
        path.write_text(content, encoding="utf-8")
        return read_examples(path, Choices(**choices))

    return read_text


def refusal(read, content, **choices):
    """[message, *notes] of a DataError."""
    with pytest.raises(DataError) as info:
        read(content, **choices)
    assert "\n" not in str(info.value)
    return [str(info.value).split(": ", 1)[1], *getattr(info.value, "__notes__", [])]


TABLE = "a,b,c,d\n1,2,u,5.5\n3,4,v,6.5\n5,6,u,7.5\n"

# -- which columns --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choices", "columns", "target"),
    [
        ({"one_hot": ["c"]}, ["a", "b", "c=u", "c=v"], "d"),
        ({"drop": ["c"]}, ["a", "b"], "d"),
        ({"drop": ["c", "d"]}, ["a"], "b"),
        ({"target": "a", "drop": ["c"]}, ["b", "d"], "a"),
        ({"target": "c"}, ["a", "b", "d"], "c"),
        ({"columns": ["b", "a"]}, ["b", "a"], "d"),
        ({"columns": ["c", "a"], "one_hot": ["c"], "target": "b"}, ["c=u", "c=v", "a"], "b"),
        ({"columns": ["a", "b"], "drop": ["b"]}, ["a"], "d"),
        ({"columns": ["a", "d"]}, ["a"], "d"),
        ({"columns": ["x2"], "target": "x1"}, ["b"], "a"),
    ],
)
def test_columns_and_target_are_those_chosen(read, choices, columns, target):
    data, _ = read(TABLE, **choices)
    assert data.columns == data.coding.inputs == columns
    assert data.coding.target == target


def test_each_value_of_a_one_hot_column_is_an_input(read):
    data, _ = read(TABLE, one_hot=["c"])
    assert data.rows == [[1, 2, 1, 0], [3, 4, 0, 1], [5, 6, 1, 0]]
    assert data.labels == [5.5, 6.5, 7.5]


@pytest.mark.parametrize(
    ("choices", "told"),
    [
        ({"target": "e"}, ["no column 'e'", "a, b, c, d"]),
        ({"drop": ["e", "a", "f"]}, ["no column 'e', 'f'"]),
        ({"columns": ["e"], "one_hot": ["f"], "target": "g"}, ["no column 'g', 'e', 'f'"]),
        ({"one_hot": ["c"], "drop": ["c"]}, ["--one-hot", "not used: c"]),
        ({"one_hot": ["c"], "target": "c"}, ["--one-hot", "not used: c"]),
        ({"target": "a", "drop": ["a", "c"]}, ["target 'a' is dropped"]),
        ({"columns": ["a"], "drop": ["a"]}, ["separated by commas"]),
        ({"drop": ["a", "b", "c"]}, ["only column"]),
        ({"drop": ["a", "b", "c", "d"]}, ["dropped"]),
    ],
)
def test_choices_that_make_no_sense_are_refused(read, choices, told):
    [message] = refusal(read, TABLE, **choices)
    assert all(part in message for part in told), message


# -- numbers or classes ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("targets", "choices", "classes"),
    [
        (["u", "v", "u"], {}, ["u", "v"]),
        (["1", "2", "1"], {}, []),
        (["1", "2", "1"], {"kind": "classification"}, ["1", "2"]),
        (["10", "9", "9.5"], {"kind": "classification"}, ["9", "9.5", "10"]),
        (["1,5", "2,5", "3"], {}, []),
        (["1", "u", "v"], {}, ["1", "u", "v"]),
        (["1", "2", "NA"], {"missing": "mean"}, []),
        (["1", "u", "NA"], {"missing": "mean"}, ["1", "u"]),
    ],
)
def test_a_target_mostly_of_numbers_means_regression(read, targets, choices, classes):
    data, _ = read("a;y\n" + "".join(f"1;{y}\n" for y in targets), **choices)
    assert data.classes == classes
    assert data.coding.kind == ("classification" if classes else "regression")


def test_a_target_with_a_slip_is_still_of_numbers(read):
    told = refusal(read, "a,y\n1,2\n1,3\n1,4o\n")
    assert told == ["row 4, column y: expected a number, got '4o'"]
    assert read("a,y\n1,2\n1,3\n1,4o\n", kind="classification")[0].classes == ["2", "3", "4o"]


def test_text_is_not_regressed_upon(read):
    told = refusal(read, "a,y\n1,u\n2,v\n", kind="regression")
    assert told[1:] == [
        f"row {k}, column y: expected a number, got '{x}'" for k, x in [(2, "u"), (3, "v")]
    ]


def test_few_whole_numbers_are_said_to_be_taken_as_numbers(read):
    [note] = read(text(wine()), target="class")[1]
    assert note.startswith("class has 3 different values")
    assert "--kind classification" in note
    assert read(text(wine()), target="class", kind="classification")[1] == []
    assert read(text(wine()), target="alcohol")[1] == []
    for count, notes in ((10, 1), (11, 0)):
        content = "a,y\n" + "".join(f"{k % 5},{k}\n" for k in range(count))
        assert len(read(content)[1]) == notes


@pytest.mark.parametrize(
    ("content", "choices", "told"),
    [
        ("a,y\n1,u\n2,u\n", {}, "one class only, 'u'"),
        ("a,y\n1,5\n2,5\n", {}, "one target only, 5.0"),
        ("a,y\n1,u\nNA,v\n3,u\n", {"missing": "drop"}, "one class only, 'u'"),
    ],
)
def test_there_is_something_to_learn(read, content, choices, told):
    assert told in refusal(read, content, **choices)[0]


def test_how_a_file_was_recognised_is_said(read):
    assert read("a,b\n1.5,u\n2.5,v\n")[1] == []
    told = "read with semicolons between cells, decimal commas"
    assert read("a;b\n1,5;u\n2,5;v\n")[1] == [told]
    assert read("1,5;u\n2,5;v\n")[1] == [f"{told}, no header: columns are x1, x2, .."]
    assert read("a\tb\n1.5\tu\n2.5\tv\n")[1] == ["read with tabs between cells"]


def test_decimal_marks_are_those_of_the_columns_that_are_used(read):
    content = "day;a;y\n12.05;1,5;2,5\n13.05;2,5;3,5\n"
    assert read(content, drop=["day"])[0].rows == [[1.5], [2.5]]
    told = refusal(read, content)
    assert "row 2, column a: expected a number with a decimal point, got '1,5'" in told


def test_names_are_said_to_be_of_no_use(read):
    _, notes = read("a,b,y\nAnn,p,u\nBob,q,v\nCyd,p,u\n", one_hot=["a", "b"])
    assert notes == ["a is of no use: it is different in all rows"]


def test_a_constant_column_is_said_to_be_of_no_use(read):
    data, notes = read("a,b,y\n1,2,u\n1,3,v\n1,NA,u\n", missing="mean")
    assert notes[-1] == "a is of no use: it is the same in all rows"
    assert [Standardizer.of(data.rows)(row)[0] for row in data.rows] == [0, 0, 0]


# -- missing cells --------------------------------------------------------------------------------

GAPS = "a,c,y\n1,u,p\nNA,v,q\n3,?,p\n5,u,\n7,v,q\n"


@pytest.mark.parametrize("cell", sorted(MISSING))
def test_whatever_is_written_for_a_missing_cell(read, cell):
    content = f"a,b,y\n1,2,u\n{cell},3,v\n2,4,v\n"
    [told] = refusal(read, content)
    assert told.startswith("row 3, column a: expected a number, got ")
    assert "--missing drop or mean" in told
    assert read(content, missing="drop")[0].rows == [[1, 2], [2, 4]]
    assert math.isnan(read(content, missing="mean")[0].rows[1][0])


def test_rows_with_missing_cells_are_dropped_and_counted(read):
    data, [note] = read(GAPS, one_hot=["c"], missing="drop")
    assert data.rows == [[1, 1, 0], [7, 0, 1]]
    assert data.labels == [0, 1]
    assert note == "3 missing cells (a 1, c 1, y 1): 3 of 5 rows dropped (3, 4, 5)"


def test_missing_cells_are_filled_in_and_counted_but_not_targets(read):
    data, [note] = read(GAPS, one_hot=["c"], missing="mean")
    assert [[None if x != x else x for x in row] for row in data.rows] == [
        [1, 1, 0],
        [None, 0, 1],
        [3, None, None],
        [7, 0, 1],
    ]
    assert data.labels == [0, 1, 0, 1]
    assert note == (
        "3 missing cells (a 1, c 1, y 1): 2 set to the mean of the column, 1 of 5 rows dropped (5)"
    )


def test_without_a_choice_all_missing_cells_are_listed(read):
    assert refusal(read, GAPS, one_hot=["c"])[1:] == [
        "row 3, column a: expected a number, got 'NA'; --missing drop or mean",
        "row 4, column c: expected one of u, v, got '?'; --missing drop or mean",
        "row 5, column y: expected a class or a number to predict; --missing drop",
    ]


def test_cells_of_columns_that_are_dropped_do_not_count(read):
    data, [note] = read(GAPS, drop=["c"], missing="drop")
    assert data.rows == [[1], [3], [7]]
    assert note.startswith("2 missing cells (a 1, y 1)")


def test_a_value_of_dropped_rows_alone_is_not_an_input(read):
    data, _ = read("a,c,y\n1,u,p\nNA,w,q\n3,v,q\n", one_hot=["c"], missing="drop")
    assert data.columns == ["a", "c=u", "c=v"]


def test_where_no_row_is_whole_it_says_so(read):
    content = "a,b,y\n1,,p\n,2,q\n"
    assert "in every row a cell is missing" in refusal(read, content, missing="drop")[0]
    assert len(read(content, missing="mean")[0].rows) == 2


@given(st.lists(st.floats(-1e6, 1e6) | st.just(math.nan), min_size=2, max_size=20))
def test_a_missing_number_is_standardised_as_the_mean_of_the_others(column):
    present = [x for x in column if x == x]
    scale = Standardizer.of([[x] for x in column])
    for x in column:
        [z] = scale([x])
        mean = statistics.fmean(present) if present and x != x else x
        assert z == pytest.approx(scale([mean])[0], abs=1e-9)
        assert not math.isnan(z)
    if len(set(present)) > 1:
        assert scale.deviations == [pytest.approx(statistics.pstdev(present), rel=1e-9)]


# -- cells that are wrong -------------------------------------------------------------------------


def test_bad_cells_are_listed_up_to_ten(read):
    content = "a,b,y\n1,2,u\n" + "x,y,v\n" * 6
    first, *notes = refusal(read, content)
    assert first == "12 errors; the first 10 are:"
    places = [(k, c) for k in range(3, 8) for c in "ab"]
    got = {"a": "x", "b": "y"}
    assert notes == [f"row {k}, column {c}: expected a number, got '{got[c]}'" for k, c in places]


def test_columns_of_text_are_named_with_what_to_do(read):
    first, *notes = refusal(read, text(penguins(gaps=0)), target="species")
    assert "; --one-hot or --drop what has no numbers: island, sex; the first 10 are:" in first
    assert notes[:2] == [
        "row 2, column island: expected a number, got 'Torgersen'",
        "row 2, column sex: expected a number, got 'female'",
    ]
    assert len(notes) == 10


# -- predicting -----------------------------------------------------------------------------------


def predicted(path, content, coding):
    path.write_text(content, encoding="utf-8")
    return coding.read(read_table(path, coding.columns), training=False)


@given(st.permutations(range(8)))
def test_a_file_is_read_to_predict_as_it_was_to_train_in_any_order_of_columns(path, order):
    path.write_text(text(penguins()), encoding="utf-8")
    choices = Choices(target="species", one_hot=["sex", "island"], drop=["year"], missing="mean")
    data, _ = read_examples(path, choices)
    shuffled = text([[row[i] for i in order] for row in penguins()])
    rows, targets, notes = predicted(path, shuffled, data.coding)
    assert repr(rows) == repr(data.rows)
    assert targets == [data.classes[k] for k in data.labels]
    assert notes[-1] == "the model does not use: year"


def test_what_the_file_lacks_is_named(path):
    coding = Coding(["p", "q", "r"], [], {}, "y", "")
    with pytest.raises(DataError, match=r"no column 'q', 'r'; the columns are p, z$"):
        predicted(path, "p,z\n1,2\n", coding)


def test_a_file_to_predict_needs_no_targets(path):
    coding = Coding(["p"], ["u", "v"], {}, "y", "")
    assert predicted(path, "p\n1\n2\n", coding) == ([[1], [2]], [], [])
    assert predicted(path, "p,y\n1,u\n2,\n3,w\n", coding)[1] == ["u", None, "w"]
    assert predicted(path, "1,u\n2,\n", coding)[:2] == ([[1], [2]], ["u", None])
    assert predicted(path, "1\n2\n", coding)[:2] == ([[1], [2]], [])


def test_a_value_that_was_not_in_training_is_refused(path):
    coding = Coding(["c"], [], {"c": ["u", "v"]}, "y", "mean")
    with pytest.raises(DataError, match="row 3, column c: expected one of u, v, got 'w'"):
        predicted(path, "c\nu\nw\nNA\n", coding)


def test_without_headers_columns_keep_their_places(path, read):
    data, _ = read("1,u,2,5.5\n3,v,4,6.5\n", one_hot=["x2"], drop=["x1"])
    assert data.columns == ["x2=u", "x2=v", "x3"]
    rows, targets, _ = predicted(path, "9,v,4,6.5\n", data.coding)
    assert (rows, targets) == ([[0, 1, 4]], [6.5])
    assert predicted(path, "9,v,4\n", data.coding)[:2] == ([[0, 1, 4]], [])
