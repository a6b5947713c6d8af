"""A translator as a web service; `app` and `run` need the extra `serve`."""
