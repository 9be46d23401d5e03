"""``python -m crossentropy.lab``."""

import sys

try:
    from crossentropy.lab.cli import main

    code = main()
except KeyboardInterrupt:  # while torch is imported
    code = 130
if __name__ == "__main__":
    sys.exit(code)
