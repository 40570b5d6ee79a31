"""fsim serve INDEX"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("index", type=Path, help="RUN/indexes/NAME, or RUN if it has one index")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: this machine alone)")
    parser.add_argument(
        "--port", type=int, default=8000, help="the port; 0 takes a free one, which is printed (default: 8000)"
    )
    parser.add_argument("--ab", type=Path, metavar="INDEX", help="another index, to compare side by side and vote on")
    parser.add_argument(
        "--votes", type=Path, metavar="FILE", help="the file for the votes (default: INDEX-votes.csv, beside the index)"
    )
    parser.add_argument(
        "--run", type=Path, metavar="RUN", help="the run whose network embeds the pictures (default: the index's own)"
    )
    parser.add_argument(
        "--api-key-file",
        type=Path,
        metavar="FILE",
        help="a file with the key that clients must send (or set FSIM_API_KEY)",
    )
    parser.add_argument(
        "--cors",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="a site whose pages may query the server: https://shop.example",
    )
    parser.add_argument(
        "--max-upload-mb", type=float, default=10, metavar="MB", help="the largest request (default: 10)"
    )
    parser.add_argument(
        "--max-megapixels", type=float, default=25, help="the largest JPEG; other pictures: a third of it (default: 25)"
    )
    parser.add_argument(
        "--max-k", type=int, default=200, metavar="K", help="the most answers to a query (default: 200)"
    )
    parser.add_argument(
        "--rate",
        type=float,
        metavar="N",
        help="the most requests per second and client; 0: no limit (default: 50; on this machine alone 0)",
    )
    parser.add_argument(
        "--max-batch",
        type=int,
        default=32,
        metavar="N",
        help="the most queries that are embedded together (default: 32)",
    )
    parser.add_argument("--json-logs", action="store_true", help="write the log as JSON objects")


def execute(args: argparse.Namespace) -> int:
    from fsim.kit.optional_packages import require_packages

    require_packages(("fastapi", "uvicorn", "python_multipart", "prometheus_client"), "fsim serve", "serve")
    from fsim.search.index_folder import find_index, run_of_index
    from fsim.serving.access import read_key
    from fsim.serving.app import make_app
    from fsim.serving.comparisons import VoteFile
    from fsim.serving.limits import Limits
    from fsim.serving.loaded_index import ReloadingIndex
    from fsim.serving.monitoring import set_up_logging
    from fsim.serving.search_service import SearchService
    from fsim.serving.server import is_loopback, listen, serve, url_of

    _check(args)
    local = is_loopback(args.host)
    rate = args.rate if args.rate is not None else (0 if local else 50)
    limits = Limits(args.max_upload_mb, args.max_megapixels, args.max_k, rate, max_batch=args.max_batch)
    key = read_key(args.api_key_file)
    path = find_index(args.index)
    other_path = None if args.ab is None else find_index(args.ab)
    votes = VoteFile(args.votes or path.parent / f"{path.name}-votes.csv") if other_path else None
    set_up_logging(args.json_logs)
    with listen(args.host, args.port) as listening:
        index = ReloadingIndex(path, args.run or run_of_index(path))
        other = None if other_path is None else ReloadingIndex(other_path, run_of_index(other_path))
        service = SearchService(index, limits, other, votes)
        url = url_of(listening)

        def ready() -> None:
            print(f"{len(index.current.index.images):,} images of {index.name}", flush=True)
            if key is None and not local:
                print("warning: everyone who reaches this address may search; set a key by --api-key-file", flush=True)
            print(f"ready: {url}", flush=True)

        serve(make_app(service, key, args.cors, local and key is None, ready), listening, limits)
    return 0


def _check(args: argparse.Namespace) -> None:
    from urllib.parse import urlsplit

    from fsim.errors import FsimError

    least = {"max_upload_mb": 0.001, "max_megapixels": 0.01, "max_k": 1, "max_batch": 1, "rate": 0, "port": 0}
    for name, low in least.items():
        value = getattr(args, name)
        if value is not None and not low <= value:
            raise FsimError(f"--{name.replace('_', '-')} {value:g}: give {low:g} or more")
    if args.port > 65535:
        raise FsimError(f"--port {args.port}: give 0 to 65535")
    if args.votes is not None and args.ab is None:
        raise FsimError("--votes: there is nothing to vote on without --ab INDEX")
    for origin in args.cors:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.netloc or origin != f"{parts.scheme}://{parts.netloc}":
            raise FsimError(f"--cors {origin}: give only scheme and host, such as https://shop.example")
