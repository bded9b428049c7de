"""The ledger is there for everybody who asks, also for those who ask first."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sohoa.station import ledger

ROUNDS, OPENERS = 30, 8


def test_a_ledger_that_several_open_at_the_same_moment_is_there_for_each(tmp_path):
    together = Barrier(OPENERS)

    def opened(path):
        together.wait()
        connection = ledger.connect(path)
        try:
            return connection.execute("PRAGMA journal_mode").fetchone()[0], ledger.kept_files(connection)
        finally:
            connection.close()

    with ThreadPoolExecutor(OPENERS) as openers:
        for number in range(ROUNDS):
            paths = [tmp_path / f"{number}.sqlite"] * OPENERS
            assert list(openers.map(opened, paths)) == [("wal", set())] * OPENERS
