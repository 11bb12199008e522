"""A peer of larder in Python, warm.

    peers.py NAME FOLDER

Each line it reads names some work and how often to do it (`hit 1024 50`), and is answered with the seconds that took;
`peak hit 1024` with the megabytes it took at its peak; or with `failed` and why. Work that needs something beforehand each time is a pair.
"""

import itertools
import os
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

import numpy as np

import work

COUNT = itertools.count(1)


def nothing():
    pass


def expect(wanted, found):
    if found != wanted:
        raise LookupError(f"{found} results are there, not {wanted}")


def by_threads(op, count):
    """`op` by each of so many threads at once, which are kept."""
    pool = ThreadPoolExecutor(count)
    return lambda: [done.result() for done in [pool.submit(op) for _ in range(count)]]


class Memoized:
    """Peers that keep what the functions of `work` return: `number` and `block`."""

    def number_hit(self):
        return lambda: self.number(7, "seven")

    def number_hit_threads(self, count):
        return by_threads(self.number_hit(), count)

    def number_miss(self):
        return lambda: self.number(next(COUNT), "fresh")

    def hit(self, size):
        return lambda: self.block(size, 1)

    def miss(self, size):
        return lambda: self.block(size, 1000 + next(COUNT))


class Joblib(Memoized):
    """Memory, Parallel, hash, dump and load as they are by default."""

    def __init__(self, folder):
        import joblib

        self.joblib = joblib
        self.folder = folder
        self.memory = joblib.Memory(os.path.join(folder, "joblib"), verbose=0)
        self.block = self.memory.cache(work.block)
        self.number = self.memory.cache(work.number)
        self.pools = {}

    def array_miss(self, size):
        cached = self.memory.cache(work.array)
        return lambda: cached.clear(warn=False), lambda: cached(size)

    def array_hit(self, size, mode="read"):
        memory = self.joblib.Memory(
            os.path.join(self.folder, "arrays-" + mode), verbose=0, mmap_mode=None if mode == "read" else mode
        )
        cached = memory.cache(work.array)
        return lambda: cached(size)

    def hash(self, size):
        numbers = work.array(size)
        return lambda: self.joblib.hash(numbers)

    def dump(self, size):
        numbers, path = work.array(size), os.path.join(self.folder, "dump.joblib")
        return lambda: self.joblib.dump(numbers, path)

    def load(self, size, mode=None):
        self.dump(size)()
        path = os.path.join(self.folder, "dump.joblib")
        return lambda: self.joblib.load(path, mmap_mode=mode)

    def pool(self, backend):
        if backend not in self.pools:
            self.pools[backend] = self.joblib.Parallel(n_jobs=2, backend=backend).__enter__()
        return self.pools[backend]

    def tasks(self, backend, count):
        pool, task = self.pool(backend), self.joblib.delayed(work.nothing)
        return lambda: pool(task(x) for x in range(count))

    def sums_first(self, size):
        pool, task, given = self.pool("loky"), self.joblib.delayed(work.total), [None]

        def prepare():
            given[0] = work.array(size) + next(COUNT)

        return prepare, lambda: pool(task(given[0]) for _ in range(2))

    def sums_again(self, size):
        pool, task, numbers = self.pool("loky"), self.joblib.delayed(work.total), work.array(size)
        return lambda: pool(task(numbers) for _ in range(2))

    def key(self, kind):
        arguments = ARGUMENTS[kind]()
        return lambda: self.joblib.hash(arguments)

    def fill(self, name, count):
        numbers = self.joblib.Memory(os.path.join(self.folder, name), verbose=0).cache(work.number)
        return nothing, lambda: [numbers(n, "many") for n in range(count)]

    def list(self, name, count):
        memory = self.joblib.Memory(os.path.join(self.folder, name), verbose=0)
        return lambda: expect(count, len(memory.store_backend.get_items()))

    def open(self, name):
        def op():
            numbers = self.joblib.Memory(os.path.join(self.folder, name), verbose=0).cache(work.number)
            return numbers(7, "many")

        return op

    def evict(self, name, count, keep):
        memory = self.joblib.Memory(os.path.join(self.folder, name), verbose=0)
        return self.fill(name, count + keep)[1], lambda: memory.reduce_size(items_limit=keep)


class Diskcache(Memoized):
    """Its `memoize`, as it is by default."""

    def __init__(self, folder):
        import diskcache

        self.diskcache = diskcache
        self.folder = folder
        self.cache = diskcache.Cache(os.path.join(folder, "diskcache"))
        self.block = self.cache.memoize()(work.block)
        self.number = self.cache.memoize()(work.number)

    def key(self, kind):
        arguments = ARGUMENTS[kind]()
        key = self.cache.memoize()(work.nothing).__cache_key__
        return lambda: self.cache.disk.put(key(arguments))

    def opened(self, name):
        return self.diskcache.Cache(os.path.join(self.folder, name), size_limit=1 << 40)

    def fill(self, name, count):
        cache = self.opened(name)
        numbers = cache.memoize()(work.number)

        def op():
            with cache.transact():
                for n in range(count):
                    numbers(n, "many")

        return nothing, op

    def list(self, name, count):
        cache = self.opened(name)
        return lambda: expect(count, sum(1 for _ in cache))

    def open(self, name):
        def op():
            cache = self.opened(name)
            value = cache.memoize()(work.number)(7, "many")
            cache.close()
            return value

        return op

    def evict(self, name, count, keep):
        # It counts bytes, not entries: those that it takes with none in it, and so many more for each of these.
        cache, fill = self.opened(name), self.fill(name, count + keep)[1]

        def prepare():
            cache.reset("size_limit", 1 << 40)
            fill()
            cache.reset("size_limit", cache.volume() * keep // (count + keep))

        return prepare, cache.cull


class Dask:
    """Its own client. What does nothing there is a builtin: scheduler and workers know no module of ours."""

    def __init__(self, folder):
        from distributed import Client

        self.client = Client(os.environ["LARDER_TEST_DASK"])

    def tasks(self, count):
        return lambda: self.client.gather(self.client.map(abs, range(count), pure=False))


class JoblibOnDask(Dask):
    """Parallel over the same client."""

    def __init__(self, folder):
        import joblib

        super().__init__(folder)
        self.joblib = joblib

    def tasks(self, count):
        task = self.joblib.delayed(abs)

        def op():
            with self.joblib.parallel_config(backend="dask"):
                return self.joblib.Parallel(n_jobs=-1)(task(x) for x in range(count))

        return op


def nested():
    point = {"name": "p", "at": (1.0, 2.0, 3.0), "tags": ["a", "b", "c"], "weight": None}
    return {"title": "shape", "points": [dict(point, name=str(n)) for n in range(10)], "scale": 2.5}


ARGUMENTS = {
    "twenty": lambda: tuple(range(10)) + tuple(f"argument {n}" for n in range(10)),
    "nested": nested,
    "map": lambda: {f"key {n}": n for n in range(10_000)},
}


def peak(op):
    """The megabytes that `op` takes at its peak, beyond what is taken before."""
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    before = status("VmRSS")
    op()
    return (status("VmHWM") - before) / 1e3


def status(field):
    for line in open("/proc/self/status"):
        if line.startswith(field + ":"):
            return int(line.split()[1])
    raise LookupError(field)


def number(word):
    try:
        return int(word)
    except ValueError:
        return word


def timed(prepare, op, repeats):
    """The seconds that `op` takes so often, each time `prepare`d if there is something to prepare."""
    seconds = 0.0
    if prepare:
        for _ in range(repeats):
            prepare()
            begun = time.perf_counter()
            op()
            seconds += time.perf_counter() - begun
        return seconds
    begun = time.perf_counter()
    for _ in range(repeats):
        op()
    return time.perf_counter() - begun


def answer(peer, known, words):
    wants_peak = words[0] == "peak"
    *asked, repeats = words[1:] + ["1"] if wants_peak else words
    key = tuple(asked)
    if key not in known:
        known[key] = getattr(peer, asked[0])(*map(number, asked[1:]))
        # One that prepares each time needs no warming up; for others it is part of being asked first.
        if callable(known[key]):
            known[key]()
    prepare, op = known[key] if isinstance(known[key], tuple) else (None, known[key])
    if not wants_peak:
        return timed(prepare, op, int(repeats))
    if prepare:
        prepare()
    return peak(op)


def main(name, folder):
    peer = {"joblib": Joblib, "diskcache": Diskcache, "dask": Dask, "joblib-on-dask": JoblibOnDask}[name](folder)
    known = {}
    for line in sys.stdin:
        try:
            said = answer(peer, known, line.split())
        except Exception as error:
            traceback.print_exc()
            said = "failed " + " ".join(f"{type(error).__name__}: {error}".split())
        print(said, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
