"""Collects the deaths of the mutants and prints the kill table."""

import pytest

KILLS = {}


@pytest.fixture
def record_kill():
    def record(mutant, deaths):
        KILLS[mutant.family, mutant.name] = deaths

    return record


def pytest_terminal_summary(terminalreporter):
    if not KILLS:
        return
    killed = sum(bool(deaths) for deaths in KILLS.values())
    terminalreporter.section(f"zoo: {killed} of {len(KILLS)} mutants killed")
    for (family, name), deaths in KILLS.items():
        law, saw = next(iter(deaths.items()), ("SURVIVED", ""))
        terminalreporter.write_line(f"{family}: {name}")
        terminalreporter.write_line(f"    {law}: {saw}")
