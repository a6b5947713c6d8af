"""The machine that a program runs on: devices, processes, files written whole."""
