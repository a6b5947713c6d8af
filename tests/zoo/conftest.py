"""Collects the deaths of the mutants and prints the kill table."""

import pytest

KILLS = {}


@pytest.fixture
def record_kill(record_property):
    def record(mutant, death):
        law, saw = death or ("SURVIVED", "")
        record_property("kill", (mutant.key, law, saw))

    return record


def pytest_runtest_logreport(report):
    # By way of the report: it reaches the process that prints, if several test.
    if report.when == "call":
        for name, value in report.user_properties:
            if name == "kill":
                key, law, saw = value
                KILLS[key] = law, saw


def pytest_terminal_summary(terminalreporter):
    if not KILLS:
        return
    killed = sum(law != "SURVIVED" for law, _ in KILLS.values())
    terminalreporter.section(f"zoo: {killed} of {len(KILLS)} mutants killed")
    for key, (law, saw) in KILLS.items():
        terminalreporter.write_line(key)
        terminalreporter.write_line(f"    {law}: {saw}")
