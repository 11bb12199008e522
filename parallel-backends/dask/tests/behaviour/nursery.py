"""Starts processes of Dask's that find it imported: lines of JSON come in, and process ids go out.

Each would need longer to import Dask than most tests need for all the rest. The end of the input ends them all.
"""

import json
import os
import random
import signal
import sys
import traceback

import dask
import distributed
from distributed.cli import dask_scheduler, dask_worker

PROGRAMS = {"scheduler": dask_scheduler.main, "worker": dask_worker.main}
# What ends the tests may be meant for their whole group: this is still to see that they are gone.
SIGNALS = signal.SIGINT, signal.SIGTERM, signal.SIGHUP


def become(program, arguments, folder, log):
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    os.chdir(folder)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(out, 1)
    os.dup2(out, 2)
    random.seed()
    dask.config.set(temporary_directory=folder)
    if program == "ask":
        address, script, answer = arguments
        with open(answer + ".part", "w") as file:
            exec(script, {"client": distributed.Client(address), "answer": file})
        os.rename(answer + ".part", answer)
    else:
        sys.argv = [program, *arguments]
        PROGRAMS[program]()


children = []
for number in SIGNALS:
    signal.signal(number, signal.SIG_IGN)
for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        try:
            become(**json.loads(line))
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(0)
    children.append(pid)
    print(pid, flush=True)
for pid in children:
    # As nobody has waited for it, its number is nobody else's.
    os.kill(pid, signal.SIGKILL)
