"""`python -m clear_native` is the command `clear-native`."""

from clear_native.cli import main

if __name__ == "__main__":
    main()
