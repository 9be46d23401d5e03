"""Serve the built book on this computer: ``python -m tools.serve [port]``."""

from __future__ import annotations

import argparse
import errno
import functools
import gzip
import io
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import BinaryIO

from tools.chapters import Book
from tools.files import ROOT, BuildError

PORT = 8000
# What gets smaller when it is packed; pictures and fonts are packed already.
PACKED = (".html", ".css", ".js", ".svg", ".md", ".ipynb", ".txt", ".json")


class Handler(SimpleHTTPRequestHandler):
    """Serves files without a line for each, packed, and always the present ones."""

    protocol_version = "HTTP/1.1"  # which keeps a connection open for the next file

    def send_head(self) -> io.BytesIO | BinaryIO | None:
        """Send the headers and return what to send after them."""
        path = Path(self.translate_path(self.path))
        packs = "gzip" in self.headers.get("Accept-Encoding", "")
        if not (packs and path.suffix in PACKED and path.is_file()):
            return super().send_head()
        content = gzip.compress(path.read_bytes())
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        return io.BytesIO(content)

    def end_headers(self) -> None:
        """Forbid caching: a page that was just built anew must be seen."""
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Stay quiet."""


def server_for(folder: Path, port: int) -> ThreadingHTTPServer:
    """Return a server of `folder` on `port`, or on a free one if that is taken.

    Only this computer reaches it.
    """
    if not (folder / "index.html").is_file():
        raise BuildError(f"there is no book in {folder}; run make book")
    handler = functools.partial(Handler, directory=str(folder))
    try:
        return ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        return ThreadingHTTPServer(("127.0.0.1", 0), handler)


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve `folder` in a thread of its own; the address, up to the last slash."""
    with server_for(folder, 0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", nargs="?", type=int, default=PORT)
    port = parser.parse_args(arguments).port
    try:
        server = server_for(Book(ROOT).html, port)
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    with server:
        if server.server_port != port:
            print(f"Port {port} is taken; using {server.server_port}.")
        print(
            f"The book is at http://127.0.0.1:{server.server_port}/ (Ctrl-C ends it)",
            flush=True,
        )
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
