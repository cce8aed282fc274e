"""MovieLens in the formats of all its releases."""

from __future__ import annotations

import gzip

import pytest
from helpers.tables import Write, refused, rows

from lrec.data.dataset.movielens import MovieLens

pytestmark = pytest.mark.usefixtures("cache_folder")

RATED = [("1", "10", 5, 100), ("1", "20", 3.5, 101), ("2", "10", 4, 102)]
COMEDY, DRAMA, WAR = 5, 8, 17


def ratings(separator: str) -> str:
    return "".join(separator.join(map(str, row)) + "\n" for row in RATED)


def flags(*genres: int) -> str:
    return "|".join("1" if index in genres else "0" for index in range(19))


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
    assert features.genres.toarray().tolist() == [[1, 0, 0], [0, 1, 1]]


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
    assert features.genres.toarray().tolist() == [[0], [1]]


def test_movielens_is_cleaned_like_any_table(write: Write) -> None:
    data = MovieLens(write("ratings.csv", RATINGS_CSV), min_rating=4).load()
    assert rows(data) == [RATED[0], RATED[2]]


def test_movielens_has_the_keys_of_missing_values(write: Write) -> None:
    path = write("ratings.csv", RATINGS_CSV + "3,10,,103\n4,20,-1,104\n,20,5,105\n5,10,bad,soon\n")
    message = refused(MovieLens(path))
    assert "(1) 1 values in column rating are not a number" in message
    assert "(2) 1 values in column timestamp are not a time" in message
    path = write("ratings.csv", RATINGS_CSV + "3,10,,103\n4,20,-1,104\n,20,5,105\n")
    assert "no user id" in refused(MovieLens(path, missing_rating="drop"))
    assert rows(MovieLens(path, missing="drop", missing_values=[-1]).load()) == RATED
    assert rows(MovieLens(path, missing="drop").load())[-1] == ("4", "20", -1, 104)


def test_movielens_refuses_other_tables(write: Write) -> None:
    path = write("ratings.csv", "a,b\n1,2\n")
    message = refused(MovieLens(path))
    assert path in message
    assert "columns a, b" in message
    assert "dataset=csv" in message


def test_prepared_movielens_is_not_parsed_again(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("movies.csv", MOVIES_CSV)
    source = MovieLens(write("ratings.csv", RATINGS_CSV))
    first = source.load()
    monkeypatch.setattr(MovieLens, "read", None)
    again = source.load()
    assert rows(again) == rows(first)
    assert again.digest == first.digest
    assert again.features.titles.tolist() == first.features.titles.tolist()
    assert again.features.genres.toarray().tolist() == first.features.genres.toarray().tolist()
    assert again.features.genre_names == first.features.genre_names
