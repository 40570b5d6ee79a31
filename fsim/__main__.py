"""`python -m fsim` is `fsim`."""

from fsim.cli import main

if __name__ == "__main__":
    main()
