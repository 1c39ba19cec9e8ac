"""`python -m papers`: the same as the command `papers`."""

from common.commands.start import main

if __name__ == "__main__":
    main()
