"""What an inventory of legacy papers holds: scans in folders and archives, rows in tables, and which belong together.

`holdings` finds the files, `rows` makes keyed values of tables, `match` finds what belongs together and what is wrong.
Nothing is left out in silence: whatever is found is an item, with a scan that will be sent or with a problem.
"""

from pipeline.inventory.holdings import Holding, Unfit, digest, holdings, take_out
from pipeline.inventory.match import Claim, Scan, match
from pipeline.inventory.rows import Row, rows_of

__all__ = ["Claim", "Holding", "Row", "Scan", "Unfit", "digest", "holdings", "match", "rows_of", "take_out"]
