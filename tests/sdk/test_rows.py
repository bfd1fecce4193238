"""Files of records against the schema of their stream."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx.errors import BadSetting
from ddsx.rows import read_records, read_schema

KINDS = {"at": "time", "who": "text", "x": "float", "n": "nat", "i": "int", "ok": "bool"}
SCHEMA = json.dumps({"fields": [{"name": name, "type": kind} for name, kind in KINDS.items()]})
ROW = {"at": 1, "who": "a", "x": 1.5, "n": 0, "i": -1, "ok": True}
LINE = '{"at":1,"who":"a","x":1.5,"n":0,"i":-1,"ok":true}'
HEADER = "at,who,x,n,i,ok\n"


def records(tmp_path, name, text, schema=SCHEMA):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8", newline="")
    return read_records(path, schema)


@pytest.mark.parametrize(
    "text", [HEADER + "1,a,1.5,0,-1,true\n", HEADER + '1,"a",1.5,0,-1,TRUE', HEADER.replace("\n", "\r\n") + "1,a,1.50,0,-1,1\r\n"]
)
def test_a_row_of_csv(tmp_path, text):
    assert records(tmp_path, "rows.csv", text) == [LINE]


@pytest.mark.parametrize("text", [LINE, json.dumps(ROW, indent=None) + "\n\n", LINE + "\r\n"])
def test_a_line_of_json(tmp_path, text):
    assert records(tmp_path, "rows.jsonl", text) == [LINE]


def test_the_order_of_the_file_is_kept_and_empty_files_are_empty(tmp_path):
    schema = '{"fields":[{"name":"n","type":"nat"}]}'
    assert records(tmp_path, "rows.csv", "n\n2\n1\n", schema) == ['{"n":2}', '{"n":1}']
    assert records(tmp_path, "rows.jsonl", "", schema) == []


TEXT_SCHEMA = '{"fields":[{"name":"who","type":"text"}]}'


@given(st.lists(st.text(alphabet=st.characters(codec="utf-8"), max_size=30)))
def test_any_text_survives_the_way_through_a_line(tmp_path_factory, words):
    path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    path.write_text("".join(json.dumps({"who": word}) + "\n" for word in words), encoding="utf-8")
    found = read_records(path, TEXT_SCHEMA)
    assert [json.loads(record)["who"] for record in found] == words
    assert not any(mark in record for record in found for mark in "\r\n")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("rows.csv", HEADER + "1,a,1.5,0,-1\n", "line 2: it has another number of columns"),
        ("rows.csv", HEADER + "1,a,1.5,0,-1,true,7\n", "line 2: it has another number of columns"),
        ("rows.csv", HEADER + "1,a,nan,0,-1,true\n", "line 2: x is 'nan', which is no float"),
        ("rows.csv", HEADER + "1,a,1.5,-1,-1,true\n", "line 2: n is -1, which is no nat"),
        ("rows.csv", HEADER + "1,a,1.5,0,1.5,true\n", "line 2: i is '1.5', which is no int"),
        ("rows.csv", HEADER + "1,a,1.5,0,-1,maybe\n", "line 2: ok is 'maybe', which is no bool"),
        ("rows.csv", "at,who,x,n,i\n1,a,1.5,0,-1\n", "line 2: its fields are not those of the schema: ok stands in one"),
        ("rows.csv", HEADER + '1,"a,1.5,0,-1,true\n', "line 2: unexpected end of data"),
        ("rows.jsonl", LINE + "\n{\n", "line 2: it is not JSON"),
        ("rows.jsonl", "[1]", "line 1: it is not a JSON object"),
        ("rows.jsonl", LINE.replace("1.5", "NaN"), "line 1: it is not JSON \\(NaN is no number\\)"),
        ("rows.jsonl", LINE.replace("true", "1"), "line 1: ok is 1, which is no bool"),
        ("rows.jsonl", LINE.replace("-1", "true"), "line 1: i is true, which is no int"),
        ("rows.jsonl", LINE.replace('"a"', '"' + "a" * 4_096 + '"'), "as JSON it is longer than 4,096 bytes"),
        ("rows.xlsx", LINE, "its name ends in neither .csv nor .jsonl"),
    ],
)
def test_the_line_that_is_wrong_is_named(tmp_path, name, text, words):
    with pytest.raises(BadSetting, match=words):
        records(tmp_path, name, text)


def test_a_schema_is_checked_before_it_is_sent(tmp_path):
    path = tmp_path / "schema.json"
    path.write_text(SCHEMA, encoding="utf-8")
    assert read_schema(path) == SCHEMA
    path.write_text(SCHEMA.replace("float", "double"), encoding="utf-8")
    with pytest.raises(BadSetting, match="MalformedSchema"):
        read_schema(path)
    with pytest.raises(BadSetting, match="cannot be read"):
        read_schema(tmp_path / "none.json")
