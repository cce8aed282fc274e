"""Every named data set, fetched from a local server in its own format, and read as it should be."""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from helpers.cli import N_USERS, CommandLine
from helpers.fileserver import Site, serving
from helpers.tables import Row, refused, rows

from lrec.base.config.check import component_class
from lrec.base.config.conf import options
from lrec.data.dataset.csv import CSV
from lrec.data.dataset.gowalla import Gowalla
from lrec.data.dataset.movielens_1m import MovieLens1M
from lrec.data.dataset.movietweetings import MovieTweetings
from lrec.data.download.published import Published, Remote

SETS = {
    name: source
    for name in options("dataset")
    if issubclass(source := component_class("dataset", name), Published)
}


class Sample(NamedTuple):
    """A few rows of a data set as its publisher writes them, and what they say.

    Attributes:
        files: served name -> bytes.
    """

    files: dict[str, bytes]
    rows: list[Row]
    titles: list[str] | None = None
    genres: tuple[str, ...] = ()


def zipped(**members: str | bytes) -> bytes:
    """An archive that also holds members that are not read, some of them hostile."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("../evil.csv", "README", "C:\\evil.csv"):
            archive.writestr(name, "evil")
        for name, text in members.items():
            archive.writestr(name, text)
    return content.getvalue()


STARS: list[Row] = [
    ("1", "10", 5, 978300760),
    ("1", "20", 3.5, 978302109),
    ("2", "10", 4, 978301968),
]
TITLES, GENRES = ["Toy Story (1995)", "Café, The: II (1995)"], ("Comedy", "Drama", "War")


def lines(separator: str, rows: list[Row] = STARS) -> str:
    return "".join(separator.join(map(str, row)) + "\n" for row in rows)


def movielens(archive: str, folder: str) -> Sample:
    """The format of 20M and later."""
    members = {
        f"{folder}/ratings.csv": "userId,movieId,rating,timestamp\n" + lines(","),
        f"{folder}/movies.csv": 'movieId,title,genres\n20,"Café, The: II (1995)",Drama|War\n'
        "10,Toy Story (1995),Comedy\n30,Unseen (2000),(no genres listed)\n",
    }
    return Sample({archive: zipped(**members)}, STARS, TITLES, GENRES)


def movielens_dat(archive: str, folder: str, encoding: str) -> Sample:
    """The format of 1M and 10M."""
    members = {
        f"{folder}/ratings.dat": lines("::"),
        f"{folder}/movies.dat": "20::Café, The: II (1995)::Drama|War\n"
        "10::Toy Story (1995)::Comedy\n".encode(encoding),
    }
    return Sample({archive: zipped(**members)}, STARS, TITLES, GENRES)


def movielens_100k() -> Sample:
    def film(number: int, title: str, *genres: int) -> str:
        flags = "|".join("1" if index in genres else "0" for index in range(19))
        return f"{number}|{title}|01-Jan-1995||http://us.imdb.com/M/title-exact?x|{flags}\n"

    films = film(20, "Café, The: II (1995)", 8, 17) + film(10, "Toy Story (1995)", 5)
    members = {"ml-100k/u.data": lines("\t"), "ml-100k/u.item": films.encode("latin-1")}
    return Sample({"ml-100k.zip": zipped(**members)}, STARS, TITLES, GENRES)


def amazon(file: str) -> Sample:
    """Ratings only, of 2014."""
    text = "A39HTATAQ9V7YF,0205616461,5.0,1369699200\nA3JM6GV9MNOF9X,B00000JGVX,3.0,1355443200\n"
    rows: list[Row] = [
        ("A39HTATAQ9V7YF", "0205616461", 5, 1369699200),
        ("A3JM6GV9MNOF9X", "B00000JGVX", 3, 1355443200),
    ]
    return Sample({file: text.encode()}, rows)


TWEETS = {
    "ratings.dat": b"1::0110912::9::1375657563\n2::0002844::10::1365029107\n",
    "movies.dat": "0002844::Fantômas - À l'ombre de la guillotine (1913)::Crime|Drama\n"
    "0110912::Pulp Fiction (1994)::Crime|Thriller\n2424752::Belenggu (2012)::\n".encode(),
}
LISTENED = {
    "user_artists.dat": "userID\tartistID\tweight\r\n2\t51\t13883\r\n2\t52\t11690\r\n4\t51\t22\r\n",
    "artists.dat": "id\tname\turl\tpictureURL\n"
    '51\tDuran "Duran"\thttp://a\thttp://b\n52\t\N{SNOWMAN}\thttp://c\t\n',
}
SAMPLES = {
    "movielens_100k": movielens_100k(),
    "movielens_1m": movielens_dat("ml-1m.zip", "ml-1m", "latin-1"),
    "movielens_10m": movielens_dat("ml-10m.zip", "ml-10M100K", "utf-8"),
    "movielens_20m": movielens("ml-20m.zip", "ml-20m"),
    "movielens_25m": movielens("ml-25m.zip", "ml-25m"),
    "movielens_32m": movielens("ml-32m.zip", "ml-32m"),
    "movielens_latest_small": movielens("ml-latest-small.zip", "ml-latest-small"),
    "movietweetings": Sample(
        TWEETS,
        [("1", "0110912", 9, 1375657563), ("2", "0002844", 10, 1365029107)],
        ["Fantômas - À l'ombre de la guillotine (1913)", "Pulp Fiction (1994)"],
        ("Crime", "Drama", "Thriller"),
    ),
    "amazon_beauty": amazon("ratings_Beauty.csv"),
    "amazon_sports": amazon("ratings_Sports_and_Outdoors.csv"),
    "amazon_toys": amazon("ratings_Toys_and_Games.csv"),
    "amazon_books": amazon("ratings_Books.csv"),
    "amazon_all_beauty_2023": Sample(
        {
            "All_Beauty.csv.gz": gzip.compress(
                b"user_id,parent_asin,rating,timestamp\n"
                b"AEYORY2AVPMCPDV57CE337YU5LXA,B08BBQ29N5,3.0,1634275259292\n"
            )
        },
        [("AEYORY2AVPMCPDV57CE337YU5LXA", "B08BBQ29N5", 3, 1634275259)],
    ),
    "lastfm_2k": Sample(
        {"hetrec2011-lastfm-2k.zip": zipped(**LISTENED)},
        [("2", "51", None, None), ("2", "52", None, None), ("4", "51", None, None)],
        ['Duran "Duran"', "\N{SNOWMAN}"],
    ),
    "gowalla": Sample(
        {
            "loc-gowalla_totalCheckins.txt.gz": gzip.compress(
                b"0\t2010-10-19T23:55:27Z\t30.2359091167\t-97.7951395833\t22847\n"
                b"0\t2010-10-18T22:17:43Z\t30.2691029532\t-97.7493953705\t420315\n"
                b"0\t2010-10-17T23:42:03Z\t30.2557309927\t-97.7633857727\t22847\n"
            )
        },
        [("0", "22847", None, 1287532527), ("0", "420315", None, 1287440263)],
    ),
}


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LREC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def site() -> Iterator[Site]:
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)) as site:
        yield site


def file_name(remote: Remote) -> str:
    return remote.address.rpartition("/")[2]


def pin(monkeypatch: pytest.MonkeyPatch, source: type[Published], files: dict[str, bytes]) -> None:
    """Expect these files instead of the published ones."""
    pinned = [
        remote._replace(sha256=hashlib.sha256(files[file_name(remote)]).hexdigest())
        for remote in source.remote
    ]
    monkeypatch.setattr(source, "remote", tuple(pinned))


def tree(folder: Path) -> list[str]:
    """Files below a folder, but those of locks."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"]
    return sorted(str(path.relative_to(folder)) for path in files)


@pytest.mark.parametrize("name", SETS)
def test_a_named_set_is_fetched_checked_and_read(
    name: str, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, sample = SETS[name], SAMPLES[name]
    site.files = dict(sample.files)
    pin(monkeypatch, source, site.files)
    data = source(mirror=site.address).load()
    assert sorted(rows(data)) == sorted(sample.rows)
    assert data.audit == () or name == "gowalla"
    assert data.clock == (name != "lastfm_2k")
    titles, genres = data.features.titles, data.features.genres
    assert (None if titles is None else titles.tolist()) == sample.titles
    assert data.features.genre_names == sample.genres
    assert (genres is None) == (not sample.genres)
    (prepared,) = (tmp_path / "cache").glob("*.data")
    downloads = [f"cache/downloads/{name}/{file}" for file in sample.files]
    assert tree(tmp_path) == sorted([f"cache/{prepared.name}", *downloads])

    site.files.clear()  # from now on, the server has nothing
    monkeypatch.setattr(source, "read", None)  # and nothing is read
    again = source(mirror=site.address).load()
    assert again.digest == data.digest


@pytest.mark.parametrize("name", SETS)
def test_what_is_fetched_is_told_by_address_and_checksum(name: str) -> None:
    for remote in SETS[name].remote:
        assert remote.address.startswith("https://")
        assert len(bytes.fromhex(remote.sha256)) == 32
        assert remote.sha256 == remote.sha256.lower()
        assert file_name(remote) in SAMPLES[name].files


@pytest.mark.parametrize("name", SETS)
def test_a_named_set_is_documented(name: str) -> None:
    page = Path(__file__).parents[3] / "docs" / "datasets.md"
    assert f"\n| `{name}` | " in page.read_text()


@pytest.mark.parametrize("name", SETS)
def test_the_downloaded_file_may_be_at_hand(name: str, tmp_path: Path) -> None:
    """The same file under `path`: no network, and no checksum needed."""
    sample = SAMPLES[name]
    for file, content in sample.files.items():
        (tmp_path / file).write_bytes(content)
    data = SETS[name](path=str(tmp_path / next(iter(sample.files)))).load()
    assert sorted(rows(data)) == sorted(sample.rows)
    assert (
        None if data.features.titles is None else data.features.titles.tolist()
    ) == sample.titles


def test_missing_values_have_the_keys_of_other_tables(tmp_path: Path) -> None:
    (content,) = SAMPLES["gowalla"].files.values()
    path = tmp_path / "places.txt"
    path.write_bytes(gzip.decompress(content) + b"\t2009-01-01T00:00:00Z\t1\t2\t7\n")
    assert "no user id" in refused(Gowalla(path=str(path)))
    whole = Gowalla(path=str(path), missing="drop").load()
    assert sorted(rows(whole)) == sorted(SAMPLES["gowalla"].rows)
    some = Gowalla(path=str(path), missing="drop", missing_values={"item": [whole.item_ids[0]]})
    assert some.load().item_ids.tolist() == whole.item_ids[1:].tolist()
    with pytest.raises(ValueError, match="Received: stars"):
        Gowalla(missing_values={"stars": [0]})


@pytest.mark.parametrize("name", [name for name in SETS if SETS[name].members])
def test_an_unpacked_archive_may_be_at_hand(name: str, tmp_path: Path) -> None:
    (archive,) = SAMPLES[name].files.values()
    source = SETS[name]
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        paths = [Path(opened.extract(member, tmp_path)) for member in source.members]
    data = source(path=str(paths[0])).load()
    assert sorted(rows(data)) == sorted(SAMPLES[name].rows)
    assert data.features.titles is not None


def test_an_archive_without_its_members_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ml-1m.zip").write_bytes(zipped(**{"ml-1m/movies.dat": "1::A::War\n"}))
    message = refused(MovieLens1M(path=str(tmp_path / "ml-1m.zip")))
    assert "ml-1m.zip has no ml-1m/ratings.dat in it" in message


@pytest.mark.parametrize(
    ("mark", "message"),
    [
        (b"ml-1m/ratings.dat", "ml-1m.zip/ml-1m/ratings.dat could not be read as a table"),
        (b"PK\x01\x02", "ml-1m.zip is damaged"),
    ],
    ids=["member", "directory"],
)
def test_a_damaged_archive_is_refused(mark: bytes, message: str, tmp_path: Path) -> None:
    whole = SAMPLES["movielens_1m"].files["ml-1m.zip"]
    index = whole.index(mark) + len(mark)
    damaged = whole[: index - 1] + b"\xff" * 9 + whole[index + 8 :]
    (tmp_path / "ml-1m.zip").write_bytes(damaged)
    assert message in refused(MovieLens1M(path=str(tmp_path / "ml-1m.zip")))


def test_another_release_is_taken_if_asked(site: Site) -> None:
    site.files = SAMPLES["movielens_1m"].files
    assert "is not the pinned file" in refused(MovieLens1M(mirror=site.address))
    with pytest.warns(UserWarning, match="verify=false"):
        data = MovieLens1M(mirror=site.address, verify=False).load()
    assert sorted(rows(data)) == sorted(STARS)


def test_cleaning_and_folders_can_be_chosen(site: Site, tmp_path: Path) -> None:
    site.files = SAMPLES["gowalla"].files
    folders = {"download": str(tmp_path / "d"), "cache": str(tmp_path / "c")}
    with pytest.warns(UserWarning, match="verify=false"):
        data = Gowalla(mirror=site.address, verify=False, duplicates="keep", **folders).load()
    assert len(data) == 3
    assert tree(tmp_path)[1:] == ["d/gowalla/loc-gowalla_totalCheckins.txt.gz"]
    assert tree(tmp_path)[0].startswith("c/")


@pytest.mark.parametrize("mirror", ["example.org/files", "ftp://example.org", "/mnt/files", ""])
def test_a_mirror_is_an_address(mirror: str) -> None:
    with pytest.raises(ValueError, match=r"mirror must be an address.* Received: '"):
        MovieLens1M(mirror=mirror)


def test_without_a_network_a_command_says_so_in_a_line(lrec: CommandLine, tmp_path: Path) -> None:
    ran = lrec(tmp_path, "data", "dataset=movielens_1m", "dataset.mirror=http://127.0.0.1:9")
    assert ran.rc == 1
    assert ran.complaint.startswith("lrec: http://127.0.0.1:9/ml-1m.zip could not be downloaded")
    assert str(tmp_path / "cache" / "downloads" / "movielens_1m" / "ml-1m.zip") in ran.complaint


@pytest.mark.parametrize("command", ["data", pytest.param("train", marks=pytest.mark.slow)])
def test_a_command_downloads(
    command: str, lrec: CommandLine, site: Site, tiny: Path, tmp_path: Path
) -> None:
    frame = pd.read_csv(tiny)
    for column in ("user_id", "item_id"):
        frame[column] = pd.factorize(frame[column])[0] + 1
    members = {
        "ml-1m/ratings.dat": lines("::", list(frame.itertuples(index=False, name=None))),
        "ml-1m/movies.dat": "1::Alone (2000)::War\n",
    }
    site.files["ml-1m.zip"] = zipped(**members)
    where = (f"dataset.mirror={site.address}", "dataset.verify=false")
    set_up = ("dataset=movielens_1m", *where, "split=leave_one_out", "model=popularity")
    ran = lrec(tmp_path, command, *set_up)
    assert (ran.rc, ran.err) == (0, "")
    assert f"downloading {site.address}/ml-1m.zip" in ran.out
    assert "dataset.verify=false" in " ".join(ran.out.split())
    assert f"{N_USERS:,} users" in ran.out


@pytest.mark.slow
def test_movietweetings_is_the_snapshot(
    data_folder: Path, tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pins fit the snapshot as its repository lays it out; the data is that of its CSV copy."""
    for name, table in (("ratings.dat", "ratings.csv.gz"), ("movies.dat", "items.csv.gz")):
        frame = pd.read_csv(
            data_folder / "movietweetings" / table, dtype=str, keep_default_na=False
        )
        text = "".join("::".join(row) + "\n" for row in frame.itertuples(index=False))
        site.files[name] = text.encode()
    data = MovieTweetings(mirror=site.address).load()
    copy = CSV(str(data_folder / "movietweetings" / "ratings.csv.gz")).load()
    assert data.digest == copy.digest
    np.testing.assert_equal((data.n_users, data.n_items, len(data)), (10_455, 7_505, 50_000))
