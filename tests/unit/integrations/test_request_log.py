"""Logs of requests: columns of public traces, times and tokens."""

from __future__ import annotations

import numpy as np
import pytest

from leptonopt.errors import InputError, UsageError
from leptonopt.integrations.request_log import MICROS, read_log

AZURE = "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.6805900,374,44\n2023-11-16 18:15:45,396,109\n"
BURSTGPT = "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,ChatGPT,472,18,490,API\n"
SERVEGEN = "request_id,timestamp,input_tokens,output_tokens\n0,0.25,100,7\n1,86400.5,3,9\n"


def test_azure() -> None:
    """Instants with seven decimals, sorted by time."""
    log = read_log("a.csv", AZURE, {})
    assert log.at.tolist() == [1700158545 * MICROS, 1700158546 * MICROS + 680590]
    assert np.array_equal(log.input, [396, 374])
    assert np.array_equal(log.output, [109, 44])
    assert not log.relative


def test_burstgpt_and_servegen() -> None:
    """Seconds from the start of the log, and a column whose values are kept."""
    log = read_log("b.csv", BURSTGPT, {"by": "Model"})
    assert log.relative
    assert log.at.tolist() == [5 * MICROS]
    assert log.by.tolist() == ["ChatGPT"]
    log = read_log("s.csv", SERVEGEN, {})
    assert log.relative
    assert log.at.tolist() == [MICROS // 4, 86400 * MICROS + MICROS // 2]
    assert np.array_equal(log.output, [7, 9])


def test_named_columns_and_units() -> None:
    """Columns of other names, and times in milliseconds since 1970."""
    log = read_log("x.csv", "when,in\n1700158545123,4\n", {"time": "when", "input": "in", "unit": "ms"})
    assert log.at.tolist() == [1700158545123000]
    assert not log.relative
    assert log.output is None
    assert np.array_equal(log.input, [4])


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_semicolons_and_tabs(delimiter: str) -> None:
    """Columns are separated as their names are."""
    log = read_log("a.csv", "time,input_tokens,model\n3,4,a b\n1,2,c\n".replace(",", delimiter), {"by": "model"})
    assert log.at.tolist() == [MICROS, 3 * MICROS]
    assert log.by.tolist() == ["c", "a b"]


@pytest.mark.parametrize(
    ("text", "params", "said"),
    [
        ("", {}, "no column of times"),
        ("when\n1\n", {}, "no column of times"),
        ("time\n", {}, "no requests"),
        ("time,input_tokens\n1,2\n2\n", {}, "x.csv:3: a line of 1 columns; 2 are needed"),
        ("time\nsoon\n", {}, "x.csv:2: 'soon' is not a time"),
        ("time\n1\n2026-11-23\n", {}, "x.csv:3: '2026-11-23' is not a number"),
        ("time\n1700158545123\n", {}, "--param unit=ms"),
        ("time\ninf\n", {}, "x.csv:2: 'inf' is not a time"),
        ("time\n1\nnan\n", {}, "x.csv:3: 'nan' is not a number"),
        ("time\n1\n-2\n", {}, "x.csv:3: a time below 0"),
        ("time\n\n\n1\n\nsoon\n", {}, "x.csv:6: 'soon' is not a number"),
        ("time\n" + "1" * 200_000 + "\n", {}, "x.csv:2: is no line of a CSV file"),
        ("time,input_tokens\n1,-2\n", {}, "x.csv:2: '-2' tokens; allowed are 0"),
        ("time,input_tokens\n1,many\n", {}, "x.csv:2: 'many' is not a number of tokens"),
        ("time\n1\n", {"by": "model"}, "no column 'model'; there are time"),
    ],
)
def test_wrong_files(text: str, params: dict[str, str], said: str) -> None:
    """A file that is no log is refused at its line."""
    with pytest.raises(InputError) as error:
        read_log("x.csv", text, params)
    assert said in str(error.value)


def test_wrong_unit() -> None:
    """Units of time that are not known are refused."""
    with pytest.raises(UsageError, match="unit=days; allowed are s, ms"):
        read_log("x.csv", "time\n1\n", {"unit": "days"})
