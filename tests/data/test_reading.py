"""Pins what is read from files, how it is cleaned and cached, and what is said of bad ones."""

from __future__ import annotations

import datetime
import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd
import pytest

from lrec.base.errors import DataError
from lrec.data.dataset import FileDataset
from lrec.data.dataset.csv import CSV
from lrec.data.dataset.movielens import MovieLens
from lrec.data.interactions import CleaningStep, Interactions
from lrec.data.split.leave_one_out import LeaveOneOut

Row = tuple[str, str, float | None, int | None]
Write = Callable[[str, str | bytes], str]
TABLE = "user,item,rating,timestamp\nb,x,3,30\na,y,4.5,10\na,x,2,20\n"
ROWS = [("b", "x", 3, 30), ("a", "y", 4.5, 10), ("a", "x", 2, 20)]
EDGES = ("1", "2-4", "5-9", "10-19", "20-49", "50+")


@pytest.fixture(autouse=True)
def cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("LREC_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(name: str, content: str | bytes) -> str:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write


def rows(data: Interactions) -> list[Row]:
    """The data as original ids, ratings and times, in file order."""
    n = len(data)
    rating = [None] * n if data.rating is None else data.rating.tolist()
    time = [None] * n if data.timestamp is None else data.timestamp.tolist()
    user, item = data.user_ids[data.user].tolist(), data.item_ids[data.item].tolist()
    return list(zip(user, item, rating, time, strict=True))


def refused(dataset: FileDataset) -> str:
    """What is said of data that cannot be used: one line."""
    with pytest.raises(DataError) as error:
        dataset.load()
    assert "\n" not in str(error.value)
    return str(error.value)


# Formats


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        pytest.param("a.csv", TABLE, {}, id="csv"),
        pytest.param("a.txt", TABLE, {}, id="other ending"),
        pytest.param("a.tsv", TABLE.replace(",", "\t"), {}, id="tsv"),
        pytest.param("a.csv.gz", gzip.compress(TABLE.encode()), {}, id="csv.gz"),
        pytest.param("a.tsv.gz", gzip.compress(TABLE.replace(",", "\t").encode()), {}, id="tsv.gz"),
        pytest.param("a.dat", TABLE.replace(",", "::"), {"separator": "::"}, id="colons"),
        pytest.param("a.dat", TABLE.replace(",", "|"), {"separator": "|"}, id="bar"),
        pytest.param("a.dat", TABLE.replace(",", ";"), {"separator": ";"}, id="semicolon"),
        pytest.param("a.csv", TABLE.replace("\n", "\r\n"), {}, id="Windows lines"),
        pytest.param("a.csv", TABLE.rstrip("\n"), {}, id="no last newline"),
        pytest.param("a.csv", "\ufeff" + TABLE, {}, id="byte order mark"),
        pytest.param("a.csv", TABLE.replace(",", ", "), {}, id="spaces"),
        pytest.param("a.csv", TABLE.replace("x", '"x"'), {}, id="quotes"),
    ],
)
def test_text_tables(write: Write, name: str, content: str | bytes, options: dict) -> None:
    data = CSV(write(name, content), **options).load()
    assert rows(data) == ROWS
    assert data.user_ids.tolist() == ["a", "b"]
    assert data.item_ids.tolist() == ["x", "y"]
    assert data.audit == ()
    assert data.clock


@pytest.mark.parametrize("separator", [",", "::", "|"])
def test_columns_by_number(write: Write, separator: str) -> None:
    body = TABLE.partition("\n")[2].replace(",", separator)
    path = write("a.dat", body)
    columns = {"user": 0, "item": "1", "rating": 2, "timestamp": 3}
    assert rows(CSV(path, header=False, separator=separator, **columns).load()) == ROWS
    swapped = CSV(path, header=False, separator=separator, user=1, item=0).load()
    assert rows(swapped) == [(item, user, None, None) for user, item, _, _ in ROWS]


@pytest.mark.parametrize(
    "header",
    [
        "user_id,item_id,rating,timestamp",
        "userId,movieId,rating,timestamp",
        "uid,iid,score,time",
        "User,ASIN,Stars,unixReviewTime",
        " user ,product_id,rating, date",
    ],
)
def test_usual_names_are_found(write: Write, header: str) -> None:
    path = write("a.csv", header + "\n" + TABLE.partition("\n")[2])
    assert rows(CSV(path).load()) == ROWS


def test_named_and_unwanted_columns(write: Write) -> None:
    path = write("a.csv", TABLE.replace("user,item,rating", "who,what,rating"))
    named = CSV(path, user="who", item="what", rating="timestamp", timestamp=None)
    assert rows(named.load()) == [(user, item, time, None) for user, item, _, time in ROWS]
    bare = CSV(path, user="who", item="what", rating=None, timestamp=None).load()
    assert bare.rating is bare.timestamp is None


def test_clock_is_passed_on(write: Write) -> None:
    assert not CSV(write("a.csv", TABLE), clock=False).load().clock


def test_ids_stay_text(write: Write) -> None:
    path = write("a.csv", "user,item\n007,NA\n7,null\nNaN,1.0\n")
    assert rows(CSV(path).load()) == [
        ("007", "NA", None, None),
        ("7", "null", None, None),
        ("NaN", "1.0", None, None),
    ]


def parquet(tmp_path: Path, **columns: Any) -> str:
    path = tmp_path / "a.parquet"
    pd.DataFrame({"user": [2, 10], "item": ["x", "y"], **columns}).to_parquet(path)
    return str(path)


def test_parquet(tmp_path: Path) -> None:
    path = parquet(tmp_path, rating=[1, 5], timestamp=[100, 200])
    assert rows(CSV(path).load()) == [("2", "x", 1, 100), ("10", "y", 5, 200)]


DAY = 1_577_836_800  # 2020-01-01


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
def test_parquet_dates_of_any_unit(tmp_path: Path, unit: str, zone: str | None) -> None:
    dates = pd.to_datetime([DAY, DAY + 3600], unit="s", utc=True).as_unit(unit).tz_convert(zone)
    data = CSV(parquet(tmp_path, timestamp=dates)).load()
    assert data.timestamp.tolist() == [DAY, DAY + 3600]


def test_parquet_plain_dates(tmp_path: Path) -> None:
    dates = [datetime.date(2020, 1, 1), datetime.date(2020, 1, 2)]
    data = CSV(parquet(tmp_path, timestamp=dates)).load()
    assert data.timestamp.tolist() == [DAY, DAY + 86_400]


def test_parquet_ids_stay_whole_numbers(tmp_path: Path) -> None:
    big = 2**62 + 1
    path = parquet(tmp_path, item=pd.array([big, None], dtype="Int64"), rating=[1, 2])
    assert rows(CSV(path, missing_id="drop").load()) == [("2", str(big), 1, None)]
    path = parquet(tmp_path, item=[7.0, np.nan], rating=[1, 2])
    assert rows(CSV(path, missing_id="drop").load()) == [("2", "7", 1, None)]
    path = parquet(tmp_path, item=[7.0, 7.5], rating=[1, 2])
    assert CSV(path).load().item_ids.tolist() == ["7.0", "7.5"]
    assert CSV(parquet(tmp_path, item=[7.0, np.inf])).load().item_ids.tolist() == ["7.0", "inf"]


@pytest.mark.parametrize(
    ("column", "values", "words"),
    [
        ("item", [[1], [2, 3]], ["column item", "mixed"]),
        ("item", [{"a": 1}, {"a": 2}], ["column item", "mixed"]),
        ("item", [b"a", b"\xff"], ["column item", "bytes"]),
        ("rating", pd.to_datetime(["2020-01-01", None]), ["rating", "not a number"]),
        ("rating", pd.to_timedelta([1, 2]), ["rating", "not a number"]),
        ("rating", [b"a", b"\xff"], ["rating", "not a number"]),
        ("rating", [[1], [2]], ["rating", "not a number"]),
        ("timestamp", pd.to_timedelta([1, 2]), ["timestamp", "not a time"]),
        ("timestamp", [1.0, np.inf], ["timestamp", "not a time", "row 2"]),
        ("timestamp", [b"a", b"\xff"], ["timestamp", "not a time"]),
    ],
)
def test_parquet_of_other_types_is_refused(
    tmp_path: Path, column: str, values: Any, words: list[str]
) -> None:
    message = refused(CSV(parquet(tmp_path, **{column: values})))
    assert all(word in message for word in words), message


def test_parquet_missing_dates(tmp_path: Path) -> None:
    path = parquet(tmp_path, timestamp=pd.to_datetime(["2020-01-01", None]))
    assert "1 of 2 rows have no timestamp" in refused(CSV(path))
    assert rows(CSV(path, missing_timestamp="drop").load()) == [("2", "x", None, DAY)]


def test_parquet_missing_whole_numbers(tmp_path: Path) -> None:
    whole = pd.array([4, None], dtype="Int64")
    dropping = {"missing_rating": "drop", "missing_timestamp": "drop"}
    path = parquet(tmp_path, rating=whole, timestamp=whole)
    assert rows(CSV(path, **dropping).load()) == [("2", "x", 4, 4)]
    path = parquet(tmp_path, item=whole)
    assert "1 of 2 rows have no item id" in refused(CSV(path))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1577836800", DAY),
        ("-5", -5),
        ("2020-01-01", DAY),
        ("2020-01-01 00:00:10", DAY + 10),
        ("2020-01-01T00:00:10Z", DAY + 10),
        ("2020-01-01T02:00:10+02:00", DAY + 10),
        ("1969-12-31", -86_400),
        ("0001-01-01", -62_135_596_800),
        ("9999-12-31", 253_402_214_400),
    ],
)
def test_times(write: Write, text: str, seconds: int) -> None:
    data = CSV(write("a.csv", f"user,item,timestamp\na,x,{text}\nb,x,0\n")).load()
    assert data.timestamp.tolist() == [seconds, 0]


# Cleaning


def users_lost(**classes: int) -> dict[str, int]:
    """Users lost by activity class; `n2_4=3` are three users of two to four interactions."""
    given = {name.removeprefix("n").replace("_", "-"): n for name, n in classes.items()}
    return {edge: given.get(edge, 0) for edge in EDGES}


GAPS = "user,item,rating\na,x,1\nb,x,2\nc,x,6\nd,x,\nd,y,4\ne,z,\n"


@pytest.mark.parametrize(
    ("policy", "ratings"),
    [
        ("drop", {"dy": 4}),
        # x has 1, 2 and 6; z has none, so all of 1, 2, 6 and 4 stand in.
        ("mean", {"dx": 3, "dy": 4, "ez": 3.25}),
        ("median", {"dx": 2, "dy": 4, "ez": 3}),
        ("keep", {"dx": None, "dy": None, "ez": None}),
    ],
)
def test_missing_ratings(write: Write, policy: str, ratings: dict[str, float]) -> None:
    data = CSV(write("a.csv", GAPS), missing_rating=policy).load()
    found = {user + item: rating for user, item, rating, _ in rows(data)}
    assert {pair: value for pair, value in found.items() if pair[0] in "de"} == ratings
    if policy == "drop":
        assert data.audit == (CleaningStep("missing rating", 2, 1, users_lost(n1=1)),)
        assert data.user_ids.tolist() == ["a", "b", "c", "d"]
        assert data.item_ids.tolist() == ["x", "y"]


def test_filled_ratings_are_counted(write: Write) -> None:
    (step,) = CSV(write("a.csv", GAPS), missing_rating="mean").load().audit
    assert "2 missing ratings" in step.name
    assert (step.rows_removed, step.items_lost, step.users_lost) == (0, 0, users_lost())


def test_ratings_kept_as_implicit_are_counted(write: Write) -> None:
    data = CSV(write("a.csv", GAPS), missing_rating="keep").load()
    name = "2 missing ratings: all is read as implicit feedback"
    assert data.audit == (CleaningStep(name, 0, 0, users_lost()),)
    assert data.rating is None


def test_missing_ratings_are_refused_by_default(write: Write) -> None:
    message = refused(CSV(write("a.csv", GAPS)))
    assert "2 of 6 rows have no rating" in message
    assert "data row 4" in message
    assert "dataset.missing_rating=drop|mean|median|keep" in message


@pytest.mark.parametrize("policy", ["mean", "median"])
def test_nothing_to_fill_ratings_from(write: Write, policy: str) -> None:
    path = write("a.csv", "user,item,rating\na,x,\nb,y,\n")
    assert "rating" in refused(CSV(path, missing_rating=policy))


def test_words_for_nothing_are_nothing(write: Write) -> None:
    path = write("a.csv", "user,item,rating,timestamp\na,x,null,1\na,y,3,NaN\na,z,4,5\n")
    assert "1 of 3 rows have no timestamp (the first is data row 2)" in refused(CSV(path))
    dropping = CSV(path, missing_timestamp="drop")
    assert "1 of 2 rows have no rating (the first is data row 1)" in refused(dropping)
    data = CSV(path, missing_timestamp="drop", missing_rating="drop").load()
    assert rows(data) == [("a", "z", 4, 5)]


def test_place_of_a_missing_value_is_that_in_the_file(write: Write) -> None:
    path = write("a.csv", "user,item,rating,timestamp\na,x,3,\na,y,3,1\na,z,,2\n")
    assert "1 of 2 rows have no rating (the first is data row 3)" in refused(
        CSV(path, missing_timestamp="drop")
    )


def test_missing_times(write: Write) -> None:
    path = write("a.csv", "user,item,timestamp\na,x,5\nb,x,\nb,y,\na,y,6\n")
    message = refused(CSV(path))
    assert "2 of 4 rows have no timestamp (the first is data row 2)" in message
    assert "dataset.missing_timestamp=drop" in message
    data = CSV(path, missing_timestamp="drop").load()
    assert rows(data) == [("a", "x", None, 5), ("a", "y", None, 6)]
    assert data.audit == (CleaningStep("missing timestamp", 2, 0, users_lost(n2_4=1)),)


REPEATS = "user,item,rating,timestamp\na,x,1,20\na,x,2,30\na,x,3,10\na,x,4,30\na,x,5,10\nb,x,6,0\n"


@pytest.mark.parametrize(
    ("policy", "ratings"), [("last", [4, 6]), ("first", [3, 6]), ("keep", [1, 2, 3, 4, 5, 6])]
)
def test_duplicates_by_time(write: Write, policy: str, ratings: list[float]) -> None:
    data = CSV(write("a.csv", REPEATS), duplicates=policy).load()
    assert data.rating.tolist() == ratings
    steps = [CleaningStep("duplicate", 4, 0, users_lost())]
    assert list(data.audit) == ([] if policy == "keep" else steps)


@pytest.mark.parametrize(("policy", "ratings"), [("last", [5, 6]), ("first", [1, 6])])
def test_duplicates_without_times_by_file(write: Write, policy: str, ratings: list[float]) -> None:
    data = CSV(write("a.csv", REPEATS), timestamp=None, duplicates=policy).load()
    assert data.rating.tolist() == ratings


def test_min_rating(write: Write) -> None:
    data = CSV(write("a.csv", TABLE), min_rating=3).load()
    assert rows(data) == [("b", "x", 3, 30), ("a", "y", 4.5, 10)]
    assert data.audit == (CleaningStep("rating below 3", 1, 0, users_lost()),)
    assert len(CSV(write("b.csv", "user,item,rating\na,x,3.7\n"), min_rating=3.7).load()) == 1


def test_k_core(write: Write) -> None:
    # Without z, c has one interaction left; without c, nobody else falls.
    pairs = ["ax", "ay", "bx", "by", "cx", "cz"]
    path = write("a.csv", "user,item\n" + "".join(f"{u},{i}\n" for u, i in pairs))
    data = CSV(path, k_core=2).load()
    assert [user + item for user, item, _, _ in rows(data)] == ["ax", "ay", "bx", "by"]
    (step,) = data.audit
    assert (step.name, step.rows_removed, step.items_lost) == ("2-core", 2, 1)
    assert CSV(path).load().audit == ()


def test_k_core_counts_users_by_their_activity_before_it(write: Write) -> None:
    pairs = ["ax", "ay", "bx", "by", "cx", "cz"]
    path = write("a.csv", "user,item\n" + "".join(f"{u},{i}\n" for u, i in pairs))
    (step,) = CSV(path, k_core=2).load().audit
    assert step.users_lost == users_lost(n2_4=1)


def test_audit_sorts_lost_users_by_activity(write: Write) -> None:
    sizes = [1, 1, 2, 4, 5, 9, 10, 19, 20, 49, 50, 120]
    lines = [f"u{size}n{n},i{i},1" for n, size in enumerate(sizes) for i in range(size)]
    path = write("a.csv", "\n".join(["user,item,rating", *lines, "last,i0,5"]))
    data = CSV(path, min_rating=2).load()
    assert rows(data) == [("last", "i0", 5, None)]
    (step,) = data.audit
    assert step.rows_removed == sum(sizes)
    assert step.items_lost == 119
    assert step.users_lost == dict.fromkeys(EDGES, 2)


def test_digest_goes_by_content(write: Write) -> None:
    first = CSV(write("a.csv", TABLE)).load().digest
    assert CSV(write("b.tsv", TABLE.replace(",", "\t"))).load().digest == first
    assert CSV(write("c.csv", TABLE.replace("4.5", "4"))).load().digest != first


# Users and items come in other orders within a second than in the file, or at the same time.
WITHIN = ["a,z,1,6900", "a,w,2,5900", "a,y,3,5100", "b,x,4,5900", "b,y,5,5900", "a,x,6,6100"]


def test_times_within_a_second_order_rows(write: Write) -> None:
    path = write("a.csv", "user,item,rating,timestamp\n" + "\n".join(WITHIN))
    data = CSV(path, time_unit="ms").load()
    assert data.timestamp.tolist() == [6, 5, 5, 5, 5, 6]
    assert data.rating.tolist() == [6, 3, 2, 4, 5, 1]
    split = LeaveOneOut()(data)
    assert split.test.target.rating.tolist() == [1, 5]
    assert split.validation.target.rating.tolist() == [6]


@pytest.mark.parametrize(("policy", "ratings"), [("last", [1]), ("first", [2])])
def test_duplicates_within_a_second(write: Write, policy: str, ratings: list[float]) -> None:
    path = write("a.csv", "user,item,rating,timestamp\na,x,1,5.9\na,x,2,5.1\na,x,3,5.4\n")
    assert CSV(path, duplicates=policy).load().rating.tolist() == ratings


def test_whole_seconds_keep_file_order_whatever_their_unit(write: Write) -> None:
    lines = [line.split(",") for line in REPEATS.splitlines()[1:]]
    thousandths = [",".join([*line[:3], f"{line[3]}000"]) for line in lines]
    path = write("ms.csv", "\n".join([REPEATS.partition("\n")[0], *thousandths]))
    data = CSV(path, time_unit="ms", duplicates="keep").load()
    assert data.rating.tolist() == [1, 2, 3, 4, 5, 6]
    whole = CSV(write("s.csv", REPEATS), duplicates="keep").load()
    assert data.digest == whole.digest
    assert whole.digest.startswith("40da0a3b0169")


def test_place_of_a_missing_value_within_a_second(write: Write) -> None:
    path = write("a.csv", "user,item,rating,timestamp\na,x,1,5\na,y,,6.9\na,z,,6.1\n")
    assert "2 of 3 rows have no rating (the first is data row 2)" in refused(CSV(path))


# Items

ITEMS = "item,title,genres\ny,Why: a film,Drama|War\nnobody,Lost,Comedy\nx,,War\n"


def test_items_file(write: Write) -> None:
    data = CSV(write("a.csv", TABLE), items_path=write("items.csv", ITEMS)).load()
    features = data.features
    assert features.titles.tolist() == ["", "Why: a film"]
    assert features.genre_names == ("Drama", "War")
    assert features.genres.tolist() == [[0, 1], [1, 1]]


def test_items_file_with_named_columns(write: Write) -> None:
    items = write("items.csv", ITEMS.replace("title", "t").replace("genres", "g"))
    table = write("a.csv", TABLE)
    plain = CSV(table, items_path=items).load().features
    assert plain.titles is plain.genres is None
    named = CSV(table, items_path=items, titles="t", genres="g").load().features
    assert named.titles.tolist() == ["", "Why: a film"]
    assert named.genre_names == ("Drama", "War")
    none = CSV(table, items_path=items, titles=None, genres=None).load().features
    assert none.titles is none.genres is None


@pytest.mark.parametrize(
    "items",
    ["x,\ny,\n", "x,(no genres listed)\n", "q,War\n"],
    ids=["empty", "said so", "only of others"],
)
def test_items_without_any_genre(write: Write, items: str) -> None:
    items_path = write("items.csv", "item,genres\n" + items)
    features = CSV(write("a.csv", TABLE), items_path=items_path).load().features
    assert features.genre_names == ()
    assert features.genres is None or features.genres.shape == (2, 0)


def test_items_file_must_name_the_items(write: Write) -> None:
    items = write("items.csv", "code,title\nx,A\n")
    assert "code, title" in refused(CSV(write("a.csv", TABLE), items_path=items))
    named = CSV(write("a.csv", TABLE), items_path=write("b.csv", ITEMS), titles="headline")
    assert "dataset.titles=headline" in refused(named)


# MovieLens

RATED = [("1", "10", 5, 100), ("1", "20", 3.5, 101), ("2", "10", 4, 102)]
COMEDY, DRAMA, WAR = 5, 8, 17


def ratings(separator: str) -> str:
    return "".join(separator.join(map(str, row)) + "\n" for row in RATED)


def flags(*genres: int) -> str:
    return "|".join("1" if place in genres else "0" for place in range(19))


RATINGS_CSV = "userId,movieId,rating,timestamp\n" + ratings(",")
MOVIES_CSV = 'movieId,title,genres\n20,"Café, The: II (1995)",Drama|War\n10,Plain (1990),Comedy\n'
MOVIES_DAT = "20::Café, The: II (1995)::Drama|War\n10::Plain (1990)::Comedy\n"
U_ITEM = (
    f"20|Café, The: II (1995)|01-Jan-1995||http://x/y?a=1|{flags(DRAMA, WAR)}\n"
    f"10|Plain (1990)|||http://z|{flags(COMEDY)}\n"
)


@pytest.mark.parametrize(
    ("name", "content", "movies", "about"),
    [
        pytest.param("u.data", ratings("\t"), "u.item", U_ITEM.encode("latin-1"), id="100K"),
        pytest.param(
            "ratings.dat", ratings("::"), "movies.dat", MOVIES_DAT.encode("latin-1"), id="1M"
        ),
        pytest.param("ratings.dat", ratings("::"), "movies.dat", MOVIES_DAT, id="10M"),
        pytest.param("ratings.csv", RATINGS_CSV, "movies.csv", MOVIES_CSV, id="20M"),
        pytest.param(
            "ratings.csv.gz",
            gzip.compress(RATINGS_CSV.encode()),
            "movies.csv",
            MOVIES_CSV,
            id="ratings.gz",
        ),
        pytest.param(
            "ratings.csv",
            RATINGS_CSV,
            "movies.csv.gz",
            gzip.compress(MOVIES_CSV.encode()),
            id="movies.gz",
        ),
    ],
)
def test_movielens(
    write: Write, name: str, content: str | bytes, movies: str, about: str | bytes
) -> None:
    path = write(name, content)
    alone = MovieLens(path).load()
    assert rows(alone) == RATED
    assert alone.features.titles is alone.features.genres is None
    write(movies, about)
    features = MovieLens(path).load().features
    assert features.titles.tolist() == ["Plain (1990)", "Café, The: II (1995)"]
    assert features.genre_names == ("Comedy", "Drama", "War")
    assert features.genres.tolist() == [[1, 0, 0], [0, 1, 1]]


@pytest.mark.parametrize("first", ["10", "20"])
@pytest.mark.parametrize("title", ["A: B: C (1995)", "a:b", "Who? (1990)", '"Great" Cats'])
def test_movielens_titles_stay_whole(write: Write, first: str, title: str) -> None:
    lines = [f"20::{title}::War\n", "10::Plain::Comedy\n"]
    write("movies.dat", "".join(lines if first == "20" else lines[::-1]))
    data = MovieLens(write("ratings.dat", ratings("::"))).load()
    assert data.features.titles.tolist() == ["Plain", title]


def test_movielens_without_genres(write: Write) -> None:
    write("movies.csv", "movieId,title,genres\n10,A,(no genres listed)\n20,B,War\n")
    features = MovieLens(write("ratings.csv", RATINGS_CSV)).load().features
    assert features.genre_names == ("War",)
    assert features.genres.tolist() == [[0], [1]]


def test_movielens_is_cleaned_like_any_table(write: Write) -> None:
    data = MovieLens(write("ratings.csv", RATINGS_CSV), min_rating=4).load()
    assert rows(data) == [RATED[0], RATED[2]]


def test_movielens_refuses_other_tables(write: Write) -> None:
    path = write("ratings.csv", "a,b\n1,2\n")
    message = refused(MovieLens(path))
    assert path in message
    assert "columns a, b" in message
    assert "dataset=csv" in message


# Errors


BAD: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    "empty": ("", {}, ["{path} is empty"]),
    "header only": ("user,item\n", {}, ["{path}", "no rows"]),
    "no user": ("foo,bar\n1,2\n", {}, ["{path}", "no user column", "foo, bar", "dataset.user="]),
    "no item": ("user,bar\n1,2\n", {}, ["no item column", "user, bar", "dataset.item="]),
    "named user": (TABLE, {"user": "who"}, ["dataset.user=who", "user, item, rating, timestamp"]),
    "named rating": (TABLE, {"rating": "stars"}, ["dataset.rating=stars"]),
    "named time": (TABLE, {"timestamp": "when"}, ["dataset.timestamp=when"]),
    "column number": ("1,2\n", {"header": False, "user": 0, "item": 7}, ["dataset.item=7", "0, 1"]),
    "user id": ("user,item\na,x\n,y\nb,\n", {}, ["1 of 3 rows have no user id", "data row 2"]),
    "item id": ("user,item\na,x\nb,\n", {}, ["1 of 2 rows have no item id", "data row 2"]),
    "rating text": (
        TABLE.replace("4.5", "good"),
        {},
        ["rating", "not a number", "row 2", "'good'"],
    ),
    "rating inf": (TABLE.replace("4.5", "inf"), {}, ["rating", "not a number", "row 2", "'inf'"]),
    "rating huge": (TABLE.replace("4.5", "1e39"), {}, ["rating", "row 2", "1e39"]),
    "time text": (TABLE.replace("10\n", "soon\n"), {}, ["timestamp", "row 2", "'soon'"]),
    "no such day": (TABLE.replace("10\n", "2020-13-01\n"), {}, ["row 2", "'2020-13-01'"]),
    "time inf": (TABLE.replace("10\n", "inf\n"), {}, ["timestamp", "row 2", "inf"]),
    "time huge": (TABLE.replace("10\n", "1e300\n"), {}, ["timestamp", "row 2", "1e"]),
    "min_rating": ("user,item\na,x\n", {"min_rating": 3}, ["dataset.min_rating=3", "no"]),
    "all too low": (TABLE, {"min_rating": 9}, ["no interactions", "loosen"]),
    "no core": (TABLE, {"k_core": 3}, ["no interactions", "loosen"]),
    "time in ms": (TABLE.replace("10\n", "1433221332117\n"), {}, ["row 2", "dataset.time_unit"]),
    "two ratings": (
        "user,item,rating,rating\na,x,1,2\n",
        {},
        ["several columns for dataset.rating", "rating, rating"],
    ),
    "two users": ("User,user,item\na,b,x\n", {}, ["dataset.user", "User, user"]),
    "endless rating": (TABLE.replace("4.5", "x" * 9999), {}, ["'xxx", "x…"]),
    "odd columns": ('"a\nb",\x1b\n1,2\n', {}, [r"'a\nb'", r"'\x1b'"]),
    "NUL": ("user,item\na\0,x\n", {}, ["NUL", "UTF-8"]),
    "ragged": (TABLE + "c,x,1,2,99\n", {}, ["{path}", "line 5", "saw 5"]),
}


@pytest.mark.parametrize(("content", "options", "parts"), BAD.values(), ids=BAD)
def test_bad_tables(write: Write, content: str, options: dict[str, Any], parts: list[str]) -> None:
    path = write("a.csv", content)
    message = refused(CSV(path, **options))
    for part in parts:
        assert part.format(path=path) in message


@pytest.mark.filterwarnings("ignore::pandas.errors.ParserWarning")
def test_rows_longer_than_the_header_are_refused(write: Write) -> None:
    # A decimal comma would otherwise shift every column behind it.
    path = write("a.csv", "user,item,rating,timestamp\na,x,3,5,100\nb,x,2,5,200\n")
    assert path in refused(CSV(path))


def test_paths_that_are_no_files(tmp_path: Path, write: Write) -> None:
    gone, table = str(tmp_path / "gone.csv"), write("a.csv", TABLE)
    assert refused(CSV(gone)) == f"dataset.path does not exist. Received: {gone}"
    assert "dataset.path is a folder" in refused(CSV(str(tmp_path)))
    assert refused(MovieLens(gone)).endswith(f"Received: {gone}")
    assert "dataset.items_path does not exist" in refused(CSV(table, items_path=gone))
    assert "dataset.items_path is a folder" in refused(CSV(table, items_path=str(tmp_path)))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "name", ["a.csv", "a.tsv", "a.csv.gz", "a.parquet", "ratings.dat", "u.data"]
)
def test_binary_garbage(write: Write, name: str, seed: int) -> None:
    path = write(name, np.random.default_rng(seed).bytes(2000))
    source = CSV if name.startswith("a.") else MovieLens
    assert refused(source(path))


def test_damaged_compression(write: Write) -> None:
    path = write("a.csv.gz", gzip.compress(TABLE.encode() * 50)[:-20])
    assert path in refused(CSV(path))


@pytest.mark.parametrize("separator", ["", ",;", "->"])
def test_odd_separators_are_refused(separator: str) -> None:
    with pytest.raises(ValueError, match=f"Received: '{separator}'"):
        CSV("a.csv", separator=separator)


def test_negative_k_core_is_refused() -> None:
    with pytest.raises(ValueError, match="Received: -1"):
        CSV("a.csv", k_core=-1)


# Cache


def forget_how_to_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(self: FileDataset, path: Path) -> NoReturn:
        raise AssertionError("parsed again")

    for source in (CSV, MovieLens):
        monkeypatch.setattr(source, "read", read)


def same(one: Interactions, other: Interactions) -> bool:
    assert one.features.genre_names == other.features.genre_names
    for name in ("titles", "genres"):
        np.testing.assert_array_equal(getattr(one.features, name), getattr(other.features, name))
    return (rows(one), one.audit, one.digest, one.clock) == (
        rows(other),
        other.audit,
        other.digest,
        other.clock,
    )


def test_prepared_data_is_not_parsed_again(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    items = write("items.csv", ITEMS)
    source = CSV(write("a.csv", TABLE), items_path=items, min_rating=3, clock=False)
    plain = CSV(write("b.csv", "user,item\na,x\n"))
    first, bare = source.load(), plain.load()
    forget_how_to_read(monkeypatch)
    assert same(source.load(), first)
    assert rows(plain.load()) == rows(bare) == [("a", "x", None, None)]
    moved = CSV(write("elsewhere.csv", TABLE), items_path=items, min_rating=3, clock=False)
    assert same(moved.load(), first)


def test_prepared_movielens_is_not_parsed_again(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("movies.csv", MOVIES_CSV)
    source = MovieLens(write("ratings.csv", RATINGS_CSV))
    first = source.load()
    forget_how_to_read(monkeypatch)
    assert same(source.load(), first)


def test_another_setting_is_prepared_anew(write: Write) -> None:
    path = write("a.csv", TABLE)
    assert len(CSV(path).load()) == 3
    assert len(CSV(path, min_rating=4).load()) == 1
    assert rows(CSV(path, user="item", item="user").load())[0] == ("x", "b", 3, 30)
    assert CSV(path, rating=None).load().rating is None


def test_a_changed_file_is_parsed_again(write: Write) -> None:
    items = write("items.csv", ITEMS)
    assert len(CSV(write("a.csv", TABLE), items_path=items).load()) == 3
    path = write("a.csv", TABLE + "c,x,1,1\n")
    assert len(CSV(path, items_path=items).load()) == 4
    write("items.csv", ITEMS.replace("Why", "How"))
    assert CSV(path, items_path=items).load().features.titles.tolist() == ["", "How: a film"]


def prepared(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


def entry(data: bytes, offset: int, value: int) -> bytes:
    """The same archive with a byte of its first directory entry changed."""
    place = data.index(b"PK\x01\x02") + offset
    return data[:place] + bytes([value]) + data[place + 1 :]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: b"", id="empty"),
        pytest.param(lambda data: b"no archive", id="other"),
        pytest.param(lambda data: data[: len(data) // 2], id="cut"),
        pytest.param(lambda data: data[:100] + b"\xff" * 60 + data[160:], id="overwritten"),
        pytest.param(lambda data: entry(data, 8, 1), id="encrypted"),
        pytest.param(lambda data: entry(data, 10, 77), id="compression"),
    ],
)
def test_damaged_cache_is_rebuilt(
    write: Write, cache_folder: Path, damage: Callable[[bytes], bytes]
) -> None:
    source = CSV(write("a.csv", TABLE), items_path=write("items.csv", ITEMS))
    first = source.load()
    path = prepared(cache_folder)
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    with pytest.warns(UserWarning, match="is damaged") as caught:
        again = source.load()
    assert "\n" not in str(caught[0].message)
    assert same(again, first)
    assert prepared(cache_folder).read_bytes() == whole


@pytest.mark.parametrize("inside", ["", "deep/er"])
def test_an_unwritable_cache_is_only_a_warning(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inside: str
) -> None:
    blocked = Path(write("blocked", "a file, not a folder"))
    monkeypatch.setenv("LREC_CACHE", str(blocked / inside))
    with pytest.warns(UserWarning, match="could not be kept in .*blocked"):
        data = CSV(write("a.csv", TABLE)).load()
    assert rows(data) == ROWS
    assert blocked.is_file()


def test_a_full_disk_is_only_a_warning(
    write: Write, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def savez(*arguments: Any, **arrays: Any) -> NoReturn:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", savez)
    with pytest.warns(UserWarning, match="No space left"):
        data = CSV(write("a.csv", TABLE)).load()
    assert rows(data) == ROWS
    assert list(cache_folder.iterdir()) == []


def test_the_cache_folder_can_be_chosen(write: Write, tmp_path: Path, cache_folder: Path) -> None:
    CSV(write("a.csv", TABLE), cache=str(tmp_path / "mine")).load()
    assert prepared(tmp_path / "mine").suffix == ".npz"
    assert not cache_folder.exists()
