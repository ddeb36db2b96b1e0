"""One process that buys a campaign from a SQLite file until it is denied; prints its codes and the denial."""

import json
import random
import sys
import time
from datetime import UTC, datetime
from uuid import UUID

from app.campaign.triggers import purchases
from app.db.engine import Database, TryAgain
from app.organizations.scope import EVERY_CHAIN
from app.refusal import Refusal


def main() -> None:
    url, campaign, customers = sys.argv[1], UUID(sys.argv[2]), [UUID(name) for name in sys.argv[3].split(",")]
    database = Database(url, pool_size=1)
    codes, busy = [], 0
    while True:
        try:
            with database.transaction() as session:
                (sale,) = purchases.buy(
                    session, campaign, random.choice(customers), EVERY_CHAIN, datetime.now(UTC), None, "system"
                )
            codes.append(sale.code)
        except TryAgain:
            busy += 1
            time.sleep(random.uniform(0, 0.01))
        except Refusal as e:
            print(json.dumps({"codes": codes, "denied": e.code, "busy": busy}))
            return


main()
