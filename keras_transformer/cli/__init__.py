"""The command line: a dataclass a command, its fields the flags."""
