""".ci/setup: what it installs, on machines that lack this or that. No machine is changed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="system packages of Debian")

FAKE_PYTHON = """#!/bin/sh
# Python of a Debian without ensurepip, or with it; makes virtual environments of itself.
echo "python $*" >>"$LOG"
case "$*" in
    *ensurepip*) exit "${NO_VENV:-0}" ;;
    *urllib*) exit "${NO_INDEX:-0}" ;;
    *python%d*) echo python3.11-venv ;;
    --version) echo Python 3.11.2 ;;
    "-m venv "*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; cp "$0" "$3/bin/depthfusion" ;;
esac
"""
FAKE_COMMANDS = {
    "python3": FAKE_PYTHON,
    "apt-get": '#!/bin/sh\necho "apt-get $*" >>"$LOG"\nexit "${APT_FAILS:-0}"\n',
    "sudo": '#!/bin/sh\necho "sudo" >>"$LOG"\nexec "$@"\n',
    "dpkg-query": "#!/bin/sh\necho 'install ok installed'\n",
    "id": '#!/bin/sh\necho "${WHO:-0}"\n',
    "ldconfig": '#!/bin/sh\nfor l in $LIBRARIES; do echo "	$l (libc6,x86-64) => /x"; done\n',
    **dict.fromkeys(
        ("Xvfb", "xauth", "openbox", "xdotool", "desktop-file-validate", "appstreamcli", "gcc"),
        "#!/bin/sh\n",
    ),
}
ORDINARY = ("sh", "cat", "cksum", "cp", "dirname", "grep", "mkdir", "mktemp", "rm", "env", "uname")


def libraries() -> dict[str, str]:
    script = (ROOT / ".ci" / "setup").read_text(encoding="utf-8")
    table = script.split("libraries='\n")[1].split("'")[0]
    return dict(line.split() for line in table.splitlines())


class Machine:
    """A checkout, and a PATH on which only pretended commands lie."""

    def __init__(self, folder: Path) -> None:
        self.checkout, self.bin, self.log = folder / "clone", folder / "bin", folder / "log"
        (self.checkout / ".ci").mkdir(parents=True)
        self.bin.mkdir()
        shutil.copy(ROOT / ".ci" / "setup", self.checkout / ".ci")
        for name in ("pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, self.checkout)
        for name, text in FAKE_COMMANDS.items():
            (self.bin / name).write_text(text)
            (self.bin / name).chmod(0o755)
        for name in ORDINARY:
            found = shutil.which(name)
            assert found
            (self.bin / name).symlink_to(found)

    def setup(self, level: str, **environment: str) -> tuple[int, str, list[str]]:
        """Return exit status, what was said, and the commands that were run."""
        self.log.write_text("")
        result = subprocess.run(
            [str(self.checkout / ".ci" / "setup"), level],
            env={
                "PATH": str(self.bin),
                "LOG": str(self.log),
                "LIBRARIES": " ".join(libraries()),
                **environment,
            },
            capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
        return result.returncode, result.stderr, self.log.read_text().splitlines()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def installed_by_apt(commands: list[str]) -> list[str]:
    line = next((c for c in commands if c.startswith("apt-get install")), "")
    return [word for word in line.split()[2:] if not word.startswith("-")]


def pip_lines(commands: list[str]) -> list[str]:
    return [c for c in commands if "-m pip install" in c]


def test_a_machine_with_everything_gets_no_apt(machine: Machine) -> None:
    code, said, commands = machine.setup("run")
    assert code == 0, said
    assert not [c for c in commands if c.startswith(("apt-get", "sudo"))]
    assert len(pip_lines(commands)) == 1
    assert "--constraint constraints.txt --editable .[generate]" in pip_lines(commands)[0]


@pytest.mark.skipif(Path("/proc/driver/nvidia/version").exists(), reason="an NVIDIA card is here")
def test_without_an_nvidia_card_torch_comes_without_cuda(machine: Machine) -> None:
    (line,) = pip_lines(machine.setup("run")[2])
    assert "--extra-index-url https://download.pytorch.org/whl/cpu" in line


def test_torch_comes_from_pypi_where_its_own_index_is_out_of_reach(machine: Machine) -> None:
    (line,) = pip_lines(machine.setup("run", NO_INDEX="1")[2])
    assert "index-url" not in line


def test_missing_libraries_are_installed_and_only_those(machine: Machine) -> None:
    known = libraries()
    lacking = {"libEGL.so.1", "libxcb-shape0.so", "libxcb-cursor.so.0"} & set(known)
    there = " ".join(set(known) - lacking)
    code, said, commands = machine.setup("run", LIBRARIES=there)
    assert code == 0, said
    assert sorted(installed_by_apt(commands)) == sorted(known[name] for name in lacking)
    assert "installing system packages" in said


def test_a_python_that_is_not_debians_gets_no_venv_from_apt(machine: Machine) -> None:
    code, said, commands = machine.setup("run", NO_VENV="1")
    assert code == 0, said
    assert installed_by_apt(commands) == []


def test_a_machine_without_python_gets_it_and_is_told(machine: Machine) -> None:
    (machine.bin / "python3").unlink()
    code, said, commands = machine.setup("run")
    assert installed_by_apt(commands) == ["python3", "python3-venv"]
    assert code == 69
    assert "Python 3.11" in said


def test_a_user_goes_through_sudo(machine: Machine) -> None:
    code, said, commands = machine.setup("run", WHO="1000", LIBRARIES="")
    assert code == 0, said
    assert "sudo" in commands
    assert set(libraries().values()) <= set(installed_by_apt(commands))


def test_without_root_and_sudo_the_packages_are_named(machine: Machine) -> None:
    (machine.bin / "sudo").unlink()
    code, said, commands = machine.setup("run", WHO="1000", LIBRARIES="")
    assert code == 69
    assert "libxcb-cursor0" in said
    assert not pip_lines(commands)


def test_a_failing_apt_is_told(machine: Machine) -> None:
    code, said, _ = machine.setup("run", LIBRARIES="", APT_FAILS="100")
    assert code == 69
    assert "could not install" in said


def test_the_second_time_nothing_is_installed(machine: Machine) -> None:
    machine.setup("run")
    code, said, commands = machine.setup("run")
    assert (code, said) == (0, "")
    assert not pip_lines(commands)


def test_tests_need_more_than_running_and_running_no_more_than_tests(machine: Machine) -> None:
    machine.setup("run")
    (machine.bin / "openbox").unlink()
    _, _, commands = machine.setup("test")
    assert installed_by_apt(commands) == ["openbox"]
    assert "--editable .[dev]" in pip_lines(commands)[0]
    assert not pip_lines(machine.setup("run")[2])


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_a_changed_list_of_packages_is_installed(machine: Machine, name: str) -> None:
    machine.setup("run")
    with (machine.checkout / name).open("a") as file:
        file.write("\n# changed\n")
    assert pip_lines(machine.setup("run")[2])


def test_an_unknown_level_is_refused(machine: Machine) -> None:
    code, said, _ = machine.setup("fly")
    assert code == 69
    assert "want run or test" in said
