import io

from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from sohoa.workbook import Sheet, workbook

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"))
CELLS = st.one_of(TEXT, st.integers(-(2**40), 2**40), st.floats(-1e9, 1e9), st.none())


def read(data):
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


@settings(max_examples=40)
@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=5))
def test_every_cell_comes_back_as_it_was(rows):
    marked = [["first", *row, "last"] for row in rows]  # readers leave out what is empty around a table
    expected = [["" if cell is None else cell for cell in row] for row in marked]
    assert read(workbook([Sheet("Đơn vị & <khác>", marked)])) == {"Đơn vị & <khác>": expected}


def test_text_that_looks_like_a_formula_stays_text_and_columns_go_on_after_z():
    row = ["=1+1", *range(30)]
    data = workbook([Sheet("a", [row]), Sheet("b", [["x\0y", True]])])
    assert read(data) == {"a": [row], "b": [["xy", 1.0]]}
    assert data == workbook([Sheet("a", [row]), Sheet("b", [["x\0y", True]])])
