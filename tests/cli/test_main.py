"""The command line as a whole: help, version, exit codes, pipes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from subprocess import PIPE

import pytest

import refdet as package
from refdet import cli
from refdet.cli import box_file
from refdet.cli.input_error import InputError

ROOT = Path(__file__).parents[2]
REFDET = [sys.executable, "-m", "refdet"]
PRESENT = [name for name in cli.COMMANDS if cli.is_there(name)]


def shell(*argv, **options):
    return subprocess.run([*REFDET, *argv], capture_output=True, text=True, timeout=60, **options)


def test_version_is_that_of_the_package():
    done = shell("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"refdet {package.__version__}\n", "")


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["--help"])
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert all(f"    {name}" in out for name in PRESENT)
    assert "\n\nexample:\n  refdet nms boxes.csv --steps\n\nhelp on a command:\n  refdet nms --help\n" in out


@pytest.mark.parametrize("name", PRESENT)
def test_help_of_every_command_has_an_example(name, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main([name, "--help"])
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert out.count("\nexample:\n  ") == 1 and f"refdet {name}" in out.split("\nexample:\n")[1]


def test_a_module_that_is_not_there_is_left_out(monkeypatch, capsys):
    monkeypatch.setattr(cli, "COMMANDS", ("nms", "not_written_yet"))
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    assert "not_written_yet" not in capsys.readouterr().out


@pytest.mark.parametrize("argv", [[], ["fly"], ["nms"], ["nms", "a.csv", "--threshold", "much"]])
def test_wrong_arguments_are_exit_code_2(argv, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(argv)
    assert end.value.code == 2
    assert capsys.readouterr().err.startswith("usage: refdet")


def test_help_loads_nothing_heavy():
    code = "import sys, refdet.cli\ntry: refdet.cli.main(['nms', '--help'])\nfinally: print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.split()
    heavy = ("matplotlib", "scipy", "cupy", "sklearn", "refdet.kernels", "refdet.report", "refdet.viz")
    assert "refdet.cli.nms" in loaded
    assert [name for name in loaded if name.startswith(heavy)] == []


def test_input_at_fault_is_one_line_and_no_traceback():
    done = shell("nms", "no-such-file.csv")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "refdet nms: no-such-file.csv: No such file or directory\n"


def test_a_message_of_several_lines_becomes_one(monkeypatch, capsys):
    def fail(*args):
        raise InputError("one\ntwo")

    monkeypatch.setattr(box_file, "_content", fail)
    assert cli.main(["nms", "a.csv"]) == 2
    assert capsys.readouterr().err == "refdet nms: one two\n"


def test_an_interrupt_while_commands_are_imported_is_no_traceback(monkeypatch, capsys):
    def interrupted(name):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli.importlib, "import_module", interrupted)
    assert cli.main(["profiles"]) == 130
    assert capsys.readouterr() == ("", "refdet: interrupted\n")


@pytest.mark.skipif(sys.platform == "win32", reason="signals and pipes are those of Unix")
def test_interrupt_is_exit_code_130():
    pipes = {"stdin": PIPE, "stdout": PIPE, "stderr": PIPE, "text": True}
    # A shell starts its background jobs with the interrupt ignored, and a child inherits that.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    running = subprocess.Popen([*REFDET, "nms", "-"], **pipes)
    signal.signal(signal.SIGINT, before)
    running.stdin.write("0,0,1,1,0.5\n")
    running.stdin.flush()
    deadline = time.monotonic() + 20
    while _unread(running.stdin) and time.monotonic() < deadline:
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=20)
    assert (running.returncode, out, err) == (130, "", "refdet nms: interrupted\n")


def _unread(pipe):
    """Bytes in the pipe: none are left once the command waits for more."""
    import fcntl
    import termios

    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


@pytest.mark.skipif(sys.platform == "win32", reason="signals and pipes are those of Unix")
@pytest.mark.parametrize(("words", "lines"), [(["nms", "many.csv"], 1), (["profiles"], 0)])
def test_a_closed_pipe_is_quiet(words, lines, tmp_path):
    """Whether it closes in the middle of much, or before the little that is written at the end."""
    rows = [f"{i},0,{i + 0.5},1,0.5,{'a long name ' * 20}\n" for i in range(1000)]  # more than a pipe holds
    (tmp_path / "many.csv").write_text("".join(rows))
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": ""}
    running = subprocess.Popen([*REFDET, *words], cwd=tmp_path, env=env, stdout=PIPE, stderr=PIPE, text=True)
    for _ in range(lines):
        running.stdout.readline()
    running.stdout.close()
    err = running.stderr.read()
    running.stderr.close()
    assert (running.wait(timeout=60), err) == (141, "")
