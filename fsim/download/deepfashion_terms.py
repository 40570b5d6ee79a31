"""The terms of DeepFashion, which a user must accept before anything of it is fetched."""

from __future__ import annotations

import sys
from collections.abc import Callable

from fsim.errors import FsimError

PROJECT_PAGE = "http://mmlab.ie.cuhk.edu.hk/projects/DeepFashion.html"
TERMS = f"""\
DeepFashion was made by the Multimedia Laboratory of The Chinese University of Hong Kong, which lends it on terms:
- It is for non-commercial research and education only.
- The images belong neither to its authors nor to us; their owners keep all rights.
- Do not pass the data on to others, neither as it is nor changed.
- Cite: Z. Liu, P. Luo, S. Qiu, X. Wang, X. Tang. DeepFashion: Powering Robust Clothes Recognition and Retrieval with
  Rich Annotations. CVPR 2016.
This is a summary; what binds you is what the project says: {PROJECT_PAGE}"""


def ask_consent(accepted: bool, say: Callable[[str], None]) -> None:
    """Show the terms; go on only if they are accepted, by `accepted` or by typing yes in the terminal.

    Raises:
        FsimError: they are not accepted, or nobody is there to be asked.
    """
    say(TERMS)
    if accepted:
        say("You accepted these terms by --accept-terms.")
        return
    if not sys.stdin.isatty():
        raise FsimError("nobody can be asked to accept these terms here; if you do, add --accept-terms")
    try:
        answer = input("Type yes to accept: ")
    except EOFError:
        answer = ""
    if answer.strip().lower() != "yes":
        raise FsimError("the terms were not accepted, so nothing was fetched; to accept them type yes")
