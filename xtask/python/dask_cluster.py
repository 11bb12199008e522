"""A Dask scheduler and two workers of one thread each, in this directory, until it is ended: dask_cluster.py PORT"""

import asyncio
import sys

from distributed import LocalCluster


async def main(port):
    async with LocalCluster(
        asynchronous=True,
        n_workers=2,
        threads_per_worker=1,
        # A share of a small machine's memory is soon too little, and the test that fails is none of Dask's.
        memory_limit=0,
        host="127.0.0.1",
        scheduler_port=port,
        dashboard_address=None,
    ):
        print("two workers are connected", flush=True)
        await asyncio.Event().wait()


# Workers import this file once more.
if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
