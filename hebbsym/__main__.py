"""``python -m hebbsym``: the command line."""

from hebbsym.cli import main

if __name__ == "__main__":
    main()
