"""Settings on disk: what is kept, what is survived, what is told."""

from __future__ import annotations

import subprocess
import sys
import threading
import tomllib
from pathlib import Path

import pytest

from depthfusion.errors import SaveError, UsageError
from depthfusion.settings import Settings, Store, Theme, config_folder, migrate

WRITER = """
import sys
from pathlib import Path
from depthfusion.settings import Store
folder, name, values = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
store = Store(folder, {})
print("ready", flush=True)
sys.stdin.readline()
for value in values:
    store.change(**{name: int(value)})
"""
FOR_EVER = """
import sys
from itertools import cycle
from pathlib import Path
from depthfusion.settings import Store
store = Store(Path(sys.argv[1]), {})
for number, steps in enumerate(cycle(range(1, 1000))):
    store.change(steps=steps, cards_seen=[f"card-{steps}-{i}" for i in range(500)])
    if number == 3:
        print("writing", flush=True)
"""


def store_in(folder: Path, **environment: str) -> Store:
    return Store(folder, environment)


def file_of(folder: Path) -> dict[str, object]:
    return tomllib.loads((folder / "settings.toml").read_text(encoding="utf-8"))


def write(folder: Path, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "settings.toml").write_text(text, encoding="utf-8")


def test_without_a_file_all_is_default_and_nothing_is_written(tmp_path: Path) -> None:
    store = store_in(tmp_path / "config")
    assert store.settings == Settings()
    assert store.complaints() == []
    assert not (tmp_path / "config").exists()


def test_what_was_changed_is_there_the_next_time(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "config"
    store_in(folder).change(
        theme="dark", size=(2048, 1024), guidance=4, library=tmp_path, cards_seen=["a"]
    )
    settings = store_in(folder).settings
    assert settings == Settings(
        theme=Theme.DARK, size=(2048, 1024), guidance=4.0, library=tmp_path, cards_seen=("a",)
    )
    assert settings.theme is Theme.DARK
    assert file_of(folder)["version"] == migrate.VERSION


def test_only_what_was_chosen_is_in_the_file(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    store.change(theme="system", steps=20)
    assert file_of(tmp_path) == {"version": 1, "theme": "system", "steps": 20}
    store.unset("theme", "steps")
    assert file_of(tmp_path) == {"version": 1}
    assert store.settings == Settings()


def test_where_a_value_comes_from_is_told(tmp_path: Path) -> None:
    store = store_in(tmp_path, DEPTHFUSION_UNITS="imperial")
    store.change(theme="dark")
    assert [store.source(n) for n in ("theme", "units", "steps")] == [
        "file", "environment", "default",
    ]  # fmt: skip


def test_one_wrong_value_of_several_changes_nothing(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    with pytest.raises(UsageError):
        store.change(theme="dark", steps=-1)
    assert store.settings == Settings()
    assert not (tmp_path / "settings.toml").exists()


def test_keys_that_are_not_known_here_stay(tmp_path: Path) -> None:
    write(tmp_path, 'wings = 2\ntheme = "dark"\n[plugin]\nborn = 1999-12-31\nlist = [1, "a"]\n')
    before = file_of(tmp_path)
    store_in(tmp_path).change(theme="light")
    assert file_of(tmp_path) == before | {"version": 1, "theme": "light"}


def test_a_single_bad_value_falls_back_in_one_line_and_stays_in_the_file(tmp_path: Path) -> None:
    write(tmp_path, 'theme = "pink"\nsteps = 20\n')
    store = store_in(tmp_path)
    assert (store.settings.theme, store.settings.steps) == (Theme.SYSTEM, 20)
    (line,) = store.complaints()
    assert line == (
        "settings.toml: want theme as system, light, dark; got 'pink'; the default is used"
    )
    store.change(steps=30)
    store.reload()
    assert store.complaints() == []
    assert file_of(tmp_path)["theme"] == "pink"


@pytest.mark.parametrize(
    "content", [b"theme = ", b"\xff\xfe\x00", b"a = " + b"[" * 100_000, b"# \n" * 400_000]
)
def test_a_bad_file_is_set_aside_and_the_program_goes_on(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "settings.toml").write_bytes(content)
    store = store_in(tmp_path)
    assert store.settings == Settings()
    (line,) = store.complaints()
    assert "\n" not in line
    (aside,) = tmp_path.glob("settings.toml.bad-*")
    assert aside.name in line
    assert aside.read_bytes() == content
    store.change(theme="dark")
    assert store_in(tmp_path).settings.theme is Theme.DARK


def test_two_bad_files_of_one_second_are_both_kept(tmp_path: Path) -> None:
    for number in range(2):
        write(tmp_path, f"bad {number}")
        store_in(tmp_path)
    texts = {path.read_text() for path in tmp_path.glob("settings.toml.bad-*")}
    assert texts == {"bad 0", "bad 1"}


def test_a_file_that_goes_bad_while_open_is_set_aside_before_it_is_written(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    write(tmp_path, "[[[")
    store.change(theme="dark")
    assert file_of(tmp_path) == {"version": 1, "theme": "dark"}
    assert len(list(tmp_path.glob("settings.toml.bad-*"))) == 1
    assert len(store.complaints()) == 1


def test_what_can_neither_be_read_nor_moved_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").mkdir()
    store = store_in(tmp_path)
    assert "cannot read" in store.complaints()[0]
    with pytest.raises(SaveError, match="cannot change settings"):
        store.change(theme="dark")
    assert store.settings == Settings()


def test_where_no_folder_can_be_made_the_change_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = store_in(tmp_path / "file")
    with pytest.raises(SaveError):
        store.change(theme="dark")
    assert store.settings.theme is Theme.SYSTEM


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_in(tmp_path)
    store.change(theme="dark")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(SaveError, match="No space left"):
        store.change(theme="light")
    assert store.settings.theme is store_in(tmp_path).settings.theme is Theme.DARK
    assert not list(tmp_path.glob("*.part")) + list(tmp_path.glob(".*.part"))


def test_the_environment_overrides_and_is_never_written(tmp_path: Path) -> None:
    store = store_in(tmp_path, DEPTHFUSION_THEME="light", DEPTHFUSION_STEPS="")
    store.change(theme="dark", steps=9)
    assert (store.settings.theme, store.settings.steps) == (Theme.LIGHT, 9)
    assert file_of(tmp_path)["theme"] == "dark"
    assert store_in(tmp_path).settings.theme is Theme.DARK


def test_a_bad_override_is_left_out_in_one_line(tmp_path: Path) -> None:
    write(tmp_path, "steps = 7\n")
    store = store_in(tmp_path, DEPTHFUSION_STEPS="many")
    assert store.settings.steps == 7
    (line,) = store.complaints()
    assert line.startswith("DEPTHFUSION_STEPS: want steps as")


def test_the_config_folder_can_be_named(tmp_path: Path) -> None:
    assert config_folder({"DEPTHFUSION_CONFIG": str(tmp_path / "x")}) == tmp_path / "x"
    assert Store(environment={"DEPTHFUSION_CONFIG": str(tmp_path)}).path.parent == tmp_path
    assert config_folder({}).name == "depthfusion"


def test_older_files_are_migrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def renamed(values: dict[str, object]) -> dict[str, object]:
        return {"theme" if k == "colors" else k: v for k, v in values.items()}

    monkeypatch.setitem(migrate.STEPS, 0, renamed)
    write(tmp_path, 'version = 0\ncolors = "dark"\nwings = 2\n')
    store = store_in(tmp_path)
    assert store.settings.theme is Theme.DARK
    assert file_of(tmp_path)["colors"] == "dark"  # read only: nothing is written
    store.change(steps=3)
    assert file_of(tmp_path) == {"version": 1, "theme": "dark", "wings": 2, "steps": 3}


def test_newer_files_are_read_as_far_as_understood_and_lose_nothing(tmp_path: Path) -> None:
    write(tmp_path, 'version = 99\ntheme = ["dark", "by night"]\nsteps = 8\nwings = 2\n')
    store = store_in(tmp_path)
    assert (store.settings.theme, store.settings.steps) == (Theme.SYSTEM, 8)
    store.change(steps=9)
    assert file_of(tmp_path) == {
        "version": 99, "theme": ["dark", "by night"], "steps": 9, "wings": 2,
    }  # fmt: skip


def test_of_two_writers_the_last_wins_for_each_setting(tmp_path: Path) -> None:
    one, other = store_in(tmp_path), store_in(tmp_path)
    one.change(theme="dark", steps=1)
    other.change(steps=2)
    assert (other.settings.theme, other.settings.steps) == (Theme.DARK, 2)
    assert one.reload() == other.settings


def test_two_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    names = ("steps", "preview_rate")
    values = [str(n % 10 + 1) for n in range(40)]
    children = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, tmp_path, name, *values],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for name in names
    ]  # fmt: skip
    for child in children:
        assert child.stdout.readline() == "ready\n"
    for child in children:
        child.stdin.write("go\n")
        child.stdin.flush()
    for child in children:
        child.communicate(timeout=60)
        assert child.returncode == 0
    settings = store_in(tmp_path).settings
    assert (settings.steps, settings.preview_rate) == (10, 10.0)


def test_a_killed_writer_leaves_a_whole_file_and_no_lock(tmp_path: Path) -> None:
    for _ in range(5):
        child = subprocess.Popen(
            [sys.executable, "-c", FOR_EVER, tmp_path], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout.readline() == "writing\n"
        child.kill()
        child.communicate()
        store = store_in(tmp_path)
        assert store.complaints() == []
        assert store.settings.cards_seen[0] == f"card-{store.settings.steps}-0"
        assert len(store.settings.cards_seen) == 500
    store.change(theme="dark")


def test_listeners_hear_of_changes_with_their_names_until_they_end_it(tmp_path: Path) -> None:
    store, heard = store_in(tmp_path), []
    end = store.subscribe(lambda settings, names: heard.append((settings.theme, names)))
    store.change(theme="dark")
    store.change(theme="dark")
    store_in(tmp_path).change(steps=4)
    store.reload()
    end()
    store.change(theme="light")
    assert heard == [(Theme.DARK, {"theme"}), (Theme.DARK, {"steps"})]


def test_a_listener_may_change_settings_itself(tmp_path: Path) -> None:
    store = store_in(tmp_path)

    def follow(settings: Settings, names: frozenset[str]) -> None:
        if "theme" in names:
            store.change(units="imperial")

    store.subscribe(follow)
    store.change(theme="dark")
    assert store.settings.units == "imperial"


def test_threads_may_change_settings_at_once(tmp_path: Path) -> None:
    store = store_in(tmp_path)

    def work(name: str) -> None:
        for number in range(1, 11):
            store.change(**{name: number})

    threads = [threading.Thread(target=work, args=(n,)) for n in ("steps", "preview_rate")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (store.settings.steps, store.settings.preview_rate) == (10, 10.0)


def test_permissions_and_links_of_the_file_stay(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("POSIX permissions")
    real = tmp_path / "dotfiles.toml"
    real.write_text('theme = "dark"\n')
    real.chmod(0o640)
    (tmp_path / "settings.toml").symlink_to(real)
    store_in(tmp_path).change(steps=5)
    assert (tmp_path / "settings.toml").is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert "steps = 5" in real.read_text()
