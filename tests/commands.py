"""What the tests of the command line share."""

from __future__ import annotations


def refused(answer):
    """The message of a call that was refused: one line, and nothing on standard output."""
    status, out, err = answer
    assert status == 2
    assert out == ""
    assert err.startswith("neurosim: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    return err
