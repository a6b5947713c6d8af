"""What goes on for an hour: kills, failing disks, damaged files."""
