"""What every room stands on: precision, devices, processes, files, locks, extras."""
