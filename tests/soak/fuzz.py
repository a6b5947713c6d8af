"""Hypothesis, with a seed for each round and no memory."""

from hypothesis import HealthCheck, given, seed, settings


def examples(check, random, count=100, **strategies):
    """Call `check` with examples of the strategies; the smallest that fails is told."""

    @seed(random.randrange(2**32))
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        suppress_health_check=[*HealthCheck],
    )
    @given(**strategies)
    def run(**values):
        check(**values)

    run()
