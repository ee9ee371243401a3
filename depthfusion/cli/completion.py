"""`depthfusion completion bash|zsh|fish`: completion scripts, made from the parsers themselves."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass

from depthfusion.cli import COMMANDS, build_parser, module_of

SHELLS = ("bash", "zsh", "fish")
FILE_METAVARS = ("FILE", "IMAGE", "DEPTH", "FOLDER")
"""What a value is called when it is the name of a file."""

_EPILOG = """bash:  eval "$(depthfusion completion bash)"             in ~/.bashrc
zsh:   eval "$(depthfusion completion zsh)"              in ~/.zshrc, after compinit
fish:  depthfusion completion fish > ~/.config/fish/completions/depthfusion.fish"""


@dataclass(frozen=True)
class Argument:
    """One option, or one positional argument (without flags), of a command."""

    flags: tuple[str, ...]
    text: str
    choices: tuple[str, ...]
    takes_value: bool
    is_file: bool


@dataclass(frozen=True)
class Command:
    """A command, or the program itself (without a name), as a shell needs to know it."""

    name: str
    text: str
    options: tuple[Argument, ...]
    positionals: tuple[Argument, ...]
    actions: tuple[Command, ...] = ()
    """Commands of its own, as `models` has; their options are among `options` too."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `completion`."""
    parser.add_argument("shell", choices=SHELLS, help="which shell the script is for")
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter


def run(options: argparse.Namespace) -> int:
    """Print the script."""
    print(script(options.shell), end="")
    return 0


def script(shell: str) -> str:
    """Return the completion script for `shell`, one of `SHELLS`."""
    write = {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell]
    return write(commands())


def commands() -> list[Command]:
    """Return the program itself, then each command, from their parsers."""
    result = [_command_from("", "", build_parser(None))]
    for name, text in COMMANDS.items():
        parser = argparse.ArgumentParser(prog=name)
        module_of(name).configure(parser)
        result.append(_command_from(name, text, parser))
    return result


def _command_from(name: str, text: str, parser: argparse.ArgumentParser) -> Command:
    # argparse has no public way to list what was added; the attribute is there since Python 2.7.
    listed = [a for a in parser._actions if a.help != argparse.SUPPRESS]
    arguments = [_argument_from(a) for a in listed if not isinstance(a, argparse._SubParsersAction)]
    actions = tuple(_actions(parser)) if name else ()
    options = {a.flags: a for action in actions for a in action.options}
    options |= {a.flags: a for a in arguments if a.flags}
    positionals = tuple(a for a in arguments if not a.flags)
    if actions:
        names = tuple(action.name for action in actions)
        first = Argument((), "what to do", names, takes_value=True, is_file=False)
        second = [a for action in actions for a in action.positionals]
        positionals = (first, *sorted(second, key=lambda a: not a.is_file)[:1])
    return Command(name, text, tuple(options.values()), positionals, actions)


def _actions(parser: argparse.ArgumentParser) -> Iterator[Command]:
    """Yield the commands that a command has."""
    for group in parser._actions:
        if isinstance(group, argparse._SubParsersAction):
            for name, sub in group.choices.items():
                yield _command_from(name, sub.description or "", sub)


def _argument_from(action: argparse.Action) -> Argument:
    metavar = action.metavar if isinstance(action.metavar, str) else ""
    return Argument(
        flags=tuple(action.option_strings),
        text=(action.help or "").replace("%%", "%"),
        choices=tuple(str(choice) for choice in action.choices or ()),
        takes_value=action.nargs != 0,
        is_file=metavar.strip("[]").rstrip(".") in FILE_METAVARS,
    )


def _words(argument: Argument) -> str:
    return " ".join(argument.choices)


def _bash(known: list[Command]) -> str:
    names = " ".join(command.name for command in known if command.name)
    values, options, positionals = [], [], []
    for command in known:
        for option in command.options:
            if option.takes_value:
                pattern = "|".join(f"{command.name}:{flag}" for flag in option.flags)
                values.append(f"        {pattern}) {_bash_reply(option)} return ;;")
        for action in command.actions:
            for positional in action.positionals[:1]:
                reply = _bash_reply(positional)
                values.append(f"        {command.name}:{action.name}) {reply} return ;;")
        flags = " ".join(flag for option in command.options for flag in option.flags)
        options.append(f"        {command.name or '*'}) words='{flags}' ;;")
        if command.name and command.positionals:
            reply = _bash_reply(command.positionals[0])
            positionals.append(f"        {command.name}) {reply} return ;;")
    options.append(options.pop(0))  # the program's own come last: their pattern matches all
    return f"""# bash completion for depthfusion
_depthfusion() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}}
    local command='' word words
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case $word in -*) ;; *) command=$word; break ;; esac
    done
    COMPREPLY=()
    case $command:$previous in
{chr(10).join(values)}
    esac
    if [[ $current == -* ]]; then
        case $command in
{chr(10).join("    " + line for line in options)}
        esac
        COMPREPLY=($(compgen -W "$words" -- "$current"))
        return
    fi
    case $command in
        '') COMPREPLY=($(compgen -W '{names}' -- "$current")); return ;;
{chr(10).join(positionals)}
    esac
}}
complete -F _depthfusion depthfusion
"""


def _bash_reply(argument: Argument) -> str:
    if argument.choices:
        return f"""COMPREPLY=($(compgen -W '{_words(argument)}' -- "$current"));"""
    if argument.is_file:
        # Given to the shell's own completion of names, which escapes what is in them.
        return "compopt -o default;"
    return ""


def _zsh(known: list[Command]) -> str:
    listed = "\n".join(
        f"        {_single_quoted(f'{command.name}:{command.text}')}" for command in known[1:]
    )
    cases = "\n".join(
        f"        {command.name})\n            _arguments -s \\\n"
        + " \\\n".join(f"                {line}" for line in _zsh_lines(command))
        + "\n            ;;"
        for command in known[1:]
    )
    program = " \\\n".join(f"        {line}" for line in _zsh_lines(known[0]))
    return f"""#compdef depthfusion
_depthfusion() {{
    local -a commands
    local line state
    commands=(
{listed}
    )
    _arguments -C \\
{program} \\
        '1:command:->command' '*::argument:->argument'
    case $state in
        command) _describe command commands ;;
        argument) _depthfusion_argument ;;
    esac
}}
_depthfusion_argument() {{
    case $line[1] in
{cases}
    esac
}}
if [[ $funcstack[1] == _depthfusion ]]; then _depthfusion "$@"
else compdef _depthfusion depthfusion; fi
"""


def _zsh_lines(command: Command) -> list[str]:
    lines = []
    for option in command.options:
        value = f":value:{_zsh_action(option)}" if option.takes_value else ""
        text = re.sub(r"([\[\]:\\])", r"\\\1", option.text)
        lines += [_single_quoted(f"{flag}[{text}]{value}") for flag in option.flags]
    for number, positional in enumerate(command.positionals, 1):
        lines.append(_single_quoted(f"{number}:argument:{_zsh_action(positional)}"))
    return lines


def _zsh_action(argument: Argument) -> str:
    if argument.choices:
        return f"({_words(argument)})"
    return "_files" if argument.is_file else ""


def _fish(known: list[Command]) -> str:
    lines = ["# fish completion for depthfusion"]
    for command in known:
        condition = "complete -c depthfusion -n __fish_use_subcommand"
        if command.name:
            text = _fish_quoted(command.text)
            lines.append(f"{condition} -a {command.name} -d {text}")
            condition = f"complete -c depthfusion -n '__fish_seen_subcommand_from {command.name}'"
        if not any(argument.is_file for argument in command.positionals):
            lines.append(f"{condition} -f")
        for positional in command.positionals:
            if positional.choices:
                lines.append(f"{condition} -a {_fish_quoted(_words(positional))}")
        lines += [f"{condition} {_fish_option(option)}" for option in command.options]
    return "\n".join(lines) + "\n"


def _fish_option(option: Argument) -> str:
    parts = [
        f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}" for flag in option.flags
    ]
    if option.takes_value:
        parts.append("-r -F" if option.is_file else "-x")
    if option.choices:
        parts.append(f"-a {_fish_quoted(_words(option))}")
    return " ".join([*parts, f"-d {_fish_quoted(option.text)}"])


def _single_quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
