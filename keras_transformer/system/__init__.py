"""What every room stands on: precision, devices, processes, whole files, extras."""
