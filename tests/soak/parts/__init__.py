"""A file a part: `rounds(folder, random)` yields what each round has done."""
