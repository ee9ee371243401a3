"""Where pictures and what is said of them are found: folders, tables, tars."""

import gzip
import io
import json
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from ldm3d.data import prepare_sources
from ldm3d.data.prepare_plan import LeftOutError, PreparePlan, Where
from ldm3d.data.prepare_sources import Sample, parts_of
from ldm3d.data.prepare_texts import captions_of, metadata_of
from ldm3d.errors import InputError, RequestError
from tests.ldm3d.data.photographs import folder_of, good, photo, ramp, sample, tar_of

PLAN = PreparePlan()


def samples_of(*sources: Path) -> list[Sample]:
    return [one for part in parts_of(sources) for one in part.samples()]


def captions(one: Sample, plan: PreparePlan = PLAN) -> tuple[str, ...]:
    return captions_of(one, metadata_of(one), plan)


def written(root: Path, **files: bytes) -> Path:
    """Write files whose names have __ for a dot."""
    for name, data in files.items():
        path = root / name.replace("__", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


def test_a_folder_is_taken_in_the_order_of_names(tmp_path: Path) -> None:
    folder_of(tmp_path, {"b/2": sample(2), "a": sample(1), "b/1": sample(3)})
    assert [one.key for one in samples_of(tmp_path)] == ["a", "b/1", "b/2"]


def test_depth_beside_a_picture_is_no_picture(tmp_path: Path) -> None:
    written(
        tmp_path,
        one__jpg=photo(1), one_depth__png=ramp(), two__v2__png=photo(2), two__v2__depth__png=ramp(),
    )  # fmt: skip
    found = samples_of(tmp_path)
    assert [one.key for one in found] == ["one", "two.v2"]
    assert all(one.depth is not None for one in found)


def test_pictures_that_share_a_name_are_two(tmp_path: Path) -> None:
    written(tmp_path, a__jpg=photo(1), a__png=photo(2), a__txt=b"the first")
    first, second = samples_of(tmp_path)
    assert (first.key, second.key) == ("a", "a.png")
    assert captions(first) == ("the first",)
    with pytest.raises(LeftOutError, match="no caption"):
        captions(second)


def test_hidden_files_are_passed_over(tmp_path: Path) -> None:
    folder_of(tmp_path, {"a": sample(1), ".hidden": sample(2), ".cache/b": sample(3)})
    assert [one.key for one in samples_of(tmp_path)] == ["a"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("metadata.jsonl", '{"file_name": "in/a.jpg", "text": "two hills"}\n\n'),
        ("captions.csv", "file,caption\nin/a.jpg,two hills\n"),
        ("captions.tsv", "image\tcaption\nin/a\ttwo hills\n"),
        ("in/metadata.csv", "\ufefffile_name,text\na.jpg,two hills\n"),
    ],
)
def test_captions_stand_in_a_table(tmp_path: Path, name: str, text: str) -> None:
    folder_of(tmp_path, {"in/a": {"jpg": photo(1)}})
    (tmp_path / name).write_text(text, encoding="utf-8")
    (only,) = samples_of(tmp_path)
    assert captions(only) == ("two hills",)


def test_several_rows_of_one_picture_are_several_captions(tmp_path: Path) -> None:
    folder_of(tmp_path, {"a": {"jpg": photo(1)}})
    (tmp_path / "captions.csv").write_text("image,caption\na.jpg,one\na.jpg,two\na.jpg,two\n")
    assert captions(samples_of(tmp_path)[0]) == ("one", "two")


def test_a_table_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    folder_of(tmp_path, {"a": {"jpg": photo(1)}})
    (tmp_path / "metadata.jsonl").write_text('{"text": "of nothing"}\n')
    with pytest.raises(InputError, match=r"metadata.jsonl: no column file_name"):
        samples_of(tmp_path)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({"caption": "a hill"}, ("a hill",)),
        ({"TEXT": " a\u2028hill\n "}, ("a hill",)),
        ({"captions": ["a hill", "", "a mound", 3]}, ("a hill", "a mound")),
        ({"caption": "", "prompt": "a mound"}, ("a mound",)),
    ],
)
def test_captions_stand_in_json(
    tmp_path: Path, said: dict[str, object], wanted: tuple[str, ...]
) -> None:
    folder_of(tmp_path, {"a": {"jpg": photo(1), "json": json.dumps(said).encode()}})
    assert captions(samples_of(tmp_path)[0]) == wanted


def test_the_field_that_is_asked_for_goes_before_the_text_file(tmp_path: Path) -> None:
    said = json.dumps({"blip": "a hill"}).encode()
    folder_of(tmp_path, {"a": sample(1, json=said)})
    (only,) = samples_of(tmp_path)
    assert captions(only) == ("picture number 1",)
    assert captions(only, replace(PLAN, caption_field="blip")) == ("a hill",)


def test_captions_of_another_length_are_dropped_singly(tmp_path: Path) -> None:
    said = json.dumps({"caption": ["far too long a text", "short"]}).encode()
    folder_of(tmp_path, {"a": {"jpg": photo(1), "json": said}})
    (only,) = samples_of(tmp_path)
    assert captions(only, replace(PLAN, caption_length=(3, 6))) == ("short",)


def test_a_text_that_is_no_utf8_is_left_out(tmp_path: Path) -> None:
    folder_of(tmp_path, {"a": sample(1, txt=b"caf\xe9")})
    with pytest.raises(LeftOutError, match="no UTF-8"):
        captions(samples_of(tmp_path)[0])


def test_json_nested_beyond_reason_is_left_out(tmp_path: Path) -> None:
    folder_of(tmp_path, {"a": sample(1, json=b"[" * 500_000)})
    with pytest.raises(LeftOutError) as caught:
        metadata_of(samples_of(tmp_path)[0])
    assert caught.value.filter == "broken-json"


@pytest.mark.parametrize("suffix", ["tar", "tar.gz"])
def test_a_tar_gives_the_samples_of_a_folder(tmp_path: Path, suffix: str) -> None:
    tar = tar_of(tmp_path / f"1.{suffix}", {**good(3), "x/odd": sample(9)})
    found = samples_of(tar)
    assert [(one.number, one.key) for one in found] == [
        (0, "00000"), (1, "00001"), (2, "00002"), (3, "x/odd"),
    ]  # fmt: skip
    assert found[3].picture.read(10**6) == photo(9)
    assert captions(found[3]) == ("picture number 9",)
    assert found[3].depth is not None


def test_going_on_in_a_tar_passes_over_what_came_before(tmp_path: Path) -> None:
    (part,) = parts_of([tar_of(tmp_path / "1.tar", good(4))])
    assert [one.key for one in part.samples((1, "00001"))] == ["00002", "00003"]


def test_links_and_devices_in_a_tar_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "1.tar"
    with tarfile.open(path, "w") as tar:
        for name, kind in (("a.jpg", tarfile.SYMTYPE), ("b.jpg", tarfile.CHRTYPE)):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            tar.addfile(member)
        member = tarfile.TarInfo("c.jpg")
        member.size = len(photo(1))
        tar.addfile(member, io.BytesIO(photo(1)))
    assert [one.key for one in samples_of(path)] == ["c"]


def test_a_member_that_is_too_large_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepare_sources, "MOST_PICTURE_BYTES", 400)
    (only,) = samples_of(tar_of(tmp_path / "1.tar", {"a": sample(1)}))
    assert only.picture.data == b""
    with pytest.raises(LeftOutError) as caught:
        only.picture.read(400)
    assert caught.value.filter == "too-large"


@pytest.mark.parametrize("suffix", ["tar", "tar.gz"])
def test_damage_in_the_middle_of_a_tar_is_not_taken_for_its_end(
    tmp_path: Path, suffix: str
) -> None:
    whole = tar_of(tmp_path / "whole.tar", good(4)).read_bytes()
    header = whole.index(b"00002.jpg")
    damaged = whole[:header] + b"\xff" * 512 + whole[header + 512 :]
    path = tmp_path / f"1.{suffix}"
    path.write_bytes(gzip.compress(damaged) if suffix == "tar.gz" else damaged)
    (part,) = parts_of([path])
    found = part.samples()
    assert [next(found).key, next(found).key] == ["00000", "00001"]
    with pytest.raises(LeftOutError, match=f"damaged at byte {header}"):
        next(found)


def test_a_tar_without_an_end_mark_is_whole(tmp_path: Path) -> None:
    path = tar_of(tmp_path / "1.tar", good(2))
    data = path.read_bytes().rstrip(b"\0")
    path.write_bytes(data + b"\0" * (-len(data) % 512))
    assert [one.key for one in samples_of(path)] == ["00000", "00001"]


def test_a_file_that_is_no_tar_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "1.tar"
    path.write_bytes(b"no tar at all" * 100)
    with pytest.raises(LeftOutError) as caught:
        samples_of(path)
    assert caught.value.filter == "broken-tar"


@pytest.mark.parametrize("make", ["nothing", "empty", "file"])
def test_a_source_with_nothing_in_it_is_one_line(tmp_path: Path, make: str) -> None:
    source = tmp_path / "source"
    if make == "empty":
        source.mkdir()
    elif make == "file":
        source.write_text("no tar")
    with pytest.raises(InputError, match="source"):
        parts_of([source])


def test_sources_of_the_same_name_are_refused(tmp_path: Path) -> None:
    first, second = (tar_of(tmp_path / name / "0.tar", good(1)) for name in ("a", "b"))
    with pytest.raises(RequestError, match=r"0\.tar comes twice"):
        parts_of([first, second])


@pytest.mark.parametrize(
    ("condition", "metadata", "holds"),
    [
        ("aesthetic>=5", {"AESTHETIC_SCORE": 5.0}, True),
        ("aesthetic>=5", {"aesthetic": "4.9"}, False),
        ("pwatermark < 0.5", {"pwatermark": 0.4}, True),
        ("NSFW=UNLIKELY", {"nsfw": "unlikely"}, True),
        ("NSFW!=NSFW", {"NSFW": "UNSURE"}, True),
        ("NSFW=UNLIKELY", {"NSFW": "NSFW"}, False),
        ("similarity>0.3", {"similarity": "unknown"}, False),
        ("similarity>0.3", {"similarity": None}, False),
        ("width==300", {"width": 300}, True),
    ],
)
def test_conditions_on_metadata(condition: str, metadata: dict[str, object], holds: bool) -> None:
    where = Where.of(condition)
    if holds:
        where.check(metadata)
        return
    with pytest.raises(LeftOutError, match=where.field):
        where.check(metadata)


@pytest.mark.parametrize("condition", ["aesthetic", "aesthetic>much", ">=5", ""])
def test_what_is_no_condition_is_refused(condition: str) -> None:
    with pytest.raises(RequestError, match="want a"):
        Where.of(condition)
