"""The command line. Imports a command only when it is asked for, so that `fsim --help` answers at once."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from fsim import __version__
from fsim.errors import FsimError
from fsim.runtime.argument_parser import Parser
from fsim.runtime.garbage_collection import postpone_garbage_collection

# command -> what it does; the module fsim.commands.<command> has add_arguments(parser) and execute(args) -> exit code
COMMANDS = {
    "run": "train and evaluate a recipe, and write a run folder",
    "resume": "continue a run that was stopped",
    "backup": "copy a run to a folder or a URL; only what changed is copied",
    "restore": "restore a run from its backup, and verify that it is complete",
    "lr-find": "find a learning rate for a recipe, by the loss while the rate grows",
    "verify-resume": "prove that a run which is killed and resumed ends with the same weights and metrics",
    "evaluate": "evaluate a run's network again, with another split, data set, checkpoint or evaluators",
    "export": "export a run's network for other programs: ONNX, TorchScript or safetensors, with a model card",
    "report": "write a page about a run: results, curves, galleries, map, failures",
    "runs": "list the runs of a folder with their results",
    "tune": "search better values for a recipe in trials, and write the best recipe",
    "compare": "compare runs side by side, with a confidence interval for each difference",
    "validate": "check recipes without running them",
    "list-plugins": "list the components that are installed, and the distributions that offer them",
    "describe": "show a component's parameters, defaults, ranges and documentation",
    "schema": "print a JSON Schema of recipes, for editors",
    "data": "download, convert and examine data sets",
    "index": "embed images, and make a searchable index of them",
    "search": "find the images of an index that are most similar to a picture, or match words",
    "serve": "serve a search page and an HTTP API for an index",
}
SHARED = ("run", "resume", "evaluate", "index")  # what several processes of torchrun can do together
USER_ERROR, INTERRUPTED = 2, 130


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point of `fsim`; leaves by sys.exit with 0, 2 (the user's mistake) or 130 (interrupted)."""
    postpone_garbage_collection()
    given = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(_execute(given))


def _execute(given: list[str]) -> int:
    parser = _parser(given)
    args = parser.parse_args(given)
    if args.command is None:
        parser.print_help()
        return USER_ERROR
    if os.environ.get("WORLD_SIZE", "1") != "1" and not _is_shared(args):
        shared = f"{', '.join(SHARED)} of one run"
        parser.error(
            f"{args.command} works in one process only: start it without torchrun (torchrun can start: {shared})"
        )
    try:
        code = _run(args)
        sys.stdout.flush()
        return code
    except FsimError as error:
        from fsim.runtime.display import say_error

        say_error(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        print("\nfsim: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(args: argparse.Namespace) -> int:
    """The command; several processes join first, so that all learn why one of them can't begin."""
    command = _command(args.command)
    if os.environ.get("WORLD_SIZE", "1") == "1":
        code: int = command.execute(args)
        return code
    from fsim.runtime.torchrun import join_processes

    with join_processes():
        code = command.execute(args)
    return code


def _is_shared(args: argparse.Namespace) -> bool:
    """Whether several processes of torchrun can do it together: one run, not one after the other."""
    several = getattr(args, "seeds", None) is not None or (args.command == "resume" and args.run.is_file())
    return args.command in SHARED and not several


def _parser(given: list[str]) -> Parser:
    parser = Parser(prog="fsim", description="One YAML recipe is one experiment on image similarity.")
    parser.add_argument("--version", action="version", version=f"fsim {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    asked = next((word for word in given if not word.startswith("-")), None)
    for name, purpose in COMMANDS.items():
        command = commands.add_parser(name, help=purpose, description=purpose[0].upper() + purpose[1:] + ".")
        if name == asked:  # only what is asked for is imported
            module = _command(name)
            rest = [given[given.index(name) + 1 :]] if hasattr(module, "ACTIONS_OR_RUN") else []
            module.add_arguments(command, *rest)
    return parser


def _command(name: str) -> Any:
    return import_module(f"fsim.commands.{name.replace('-', '_')}")
