"""fsim serve INDEX"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("index", type=Path, help="RUN/indexes/NAME, or RUN where it has one index")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: this machine alone)")
    parser.add_argument("--port", type=int, default=8000, help="0: any that is free, which is told (default: 8000)")
    parser.add_argument("--ab", type=Path, metavar="INDEX", help="another index, to be put side by side and voted on")
    parser.add_argument(
        "--votes", type=Path, metavar="FILE", help="where the votes go (default: INDEX-votes.csv, beside the index)"
    )
    parser.add_argument(
        "--run", type=Path, metavar="RUN", help="the run whose network embeds the pictures (default: the index's own)"
    )
    parser.add_argument(
        "--api-key-file", type=Path, metavar="FILE", help="a key that clients must send (or in FSIM_API_KEY)"
    )
    parser.add_argument(
        "--cors", action="append", default=[], metavar="ORIGIN", help="a site whose pages may ask: https://shop.example"
    )
    parser.add_argument("--max-upload-mb", type=float, default=10, metavar="MB", help="of a request (default: 10)")
    parser.add_argument(
        "--max-megapixels", type=float, default=25, help="of a JPEG; of others a third of it (default: 25)"
    )
    parser.add_argument("--max-k", type=int, default=200, metavar="K", help="answers to a query (default: 200)")
    parser.add_argument(
        "--rate",
        type=float,
        metavar="N",
        help="requests a second and client; 0: any number (default: 50, on this machine alone 0)",
    )
    parser.add_argument(
        "--max-batch", type=int, default=32, metavar="N", help="queries that are embedded together (default: 32)"
    )
    parser.add_argument("--json-logs", action="store_true", help="the log as JSON objects")


def execute(args: argparse.Namespace) -> int:
    from fsim.serving.required import require_server_packages

    require_server_packages()
    from fsim.search.places import index_place, run_of
    from fsim.serving.app import make_app
    from fsim.serving.key import read_key
    from fsim.serving.limits import Limits
    from fsim.serving.live_index import LiveIndex
    from fsim.serving.logs import set_up_logs
    from fsim.serving.server import address, bind, is_loopback, serve
    from fsim.serving.service import Service
    from fsim.serving.votes import VoteFile

    _check(args)
    rate = args.rate if args.rate is not None else (0 if is_loopback(args.host) else 50)
    limits = Limits(args.max_upload_mb, args.max_megapixels, args.max_k, rate, max_batch=args.max_batch)
    key = read_key(args.api_key_file)
    place = index_place(args.index)
    other = None if args.ab is None else index_place(args.ab)
    votes = VoteFile(args.votes or place.parent / f"{place.name}-votes.csv") if other else None
    set_up_logs(args.json_logs)
    with bind(args.host, args.port) as listening:
        live = LiveIndex(place, args.run or run_of(place))
        compared = None if other is None else LiveIndex(other, run_of(other))
        service = Service(live, limits, compared, votes)
        where = address(listening)

        def ready() -> None:
            print(f"{len(live.now.index.images):,} images of {live.name}", flush=True)
            if key is None and not is_loopback(args.host):
                print("warning: everyone who reaches this address may search; set a key by --api-key-file", flush=True)
            print(f"ready: {where}", flush=True)

        local = is_loopback(args.host) and key is None
        serve(make_app(service, key, args.cors, local, ready), listening, limits)
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
            raise FsimError(f"--cors {origin}: give scheme and host alone, as in https://shop.example")
