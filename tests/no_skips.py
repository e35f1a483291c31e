"""REFDET_NO_SKIPS=1: a test that was skipped has failed, for what was not checked is not known."""

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    return judged((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    return judged((yield))


def judged(report):
    """The report, with a failure in place of a skip."""
    if report.outcome == "skipped" and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome, report.longrepr = "failed", f"REFDET_NO_SKIPS=1, and this was not checked: {reason}"
    return report
