import io

from hypothesis import given
from hypothesis import strategies as st

from keras_transformer.corpora.lines import decode_lines, stream_lines


class Pieces(io.BytesIO):
    """A stream that gives so many bytes at a time."""

    def __init__(self, data, sizes):
        super().__init__(data)
        self.sizes = iter(sizes)

    def read1(self, size=-1):
        return super().read(next(self.sizes, 3))


LINES = st.lists(st.sampled_from(["", "a", "süß", "你好", "x\u2028y", "a\rb"]))


ENDS = st.sampled_from(["\n", "\r\n"])


@given(LINES, ENDS, st.booleans(), st.lists(st.integers(1, 9)))
def test_lines_are_the_same_however_they_arrive(lines, end, marked, sizes):
    text = "".join(line + end for line in lines) + "last"
    data = text.encode("utf-8-sig" if marked else "utf-8")
    found = [line for some in stream_lines(Pieces(data, sizes), "x") for line in some]
    assert found == decode_lines(data, "x") == [*lines, "last"]


def test_no_bytes_are_no_lines():
    assert list(stream_lines(io.BytesIO(b""), "x")) == []
