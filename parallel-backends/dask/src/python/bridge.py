"""The bridge between a program of larder's and a Dask cluster, of which it is an ordinary client.

Frames come in on the standard input and go out on the standard output: a length (u64, little-endian), and as many bytes,
of which the first nine are a kind and a number. The first one in is JSON, `settings`. What follows asks:

    RUN      number, length of a name (u32), how many arrays (u32), name, their numbers (u64 each), bytes
                                       run a task, which gets these bytes and arrays
    CANCEL   -, numbers (u64 each)     end these tasks
    SHARE    number, bytes             keep an array on the workers
    FREE     -, numbers (u64 each)     keep these arrays no longer

and is answered, once for each RUN, however it ends:

    DONE       number, bytes     what the task returned
    FAILED     number, JSON      Dask could not run it
    CANCELLED  number            nothing of it runs any more

Beside that, READY comes once and first, and NEWS whenever the cluster is another; LOST is the last of all. What the bytes
of tasks and results are is between the program and `shim.run`. The end of the input ends the bridge.
"""

import sys

# Nothing that lies in the directory the program was started in is to be taken for a module.
sys.path[:] = [path for path in sys.path if path]

import asyncio  # noqa: E402
import contextlib  # noqa: E402
import functools  # noqa: E402
import hashlib  # noqa: E402
import itertools  # noqa: E402
import json  # noqa: E402
import mmap  # noqa: E402
import os  # noqa: E402
import struct  # noqa: E402
import tempfile  # noqa: E402
import threading  # noqa: E402
import types  # noqa: E402

READY, DONE, FAILED, CANCELLED, NEWS, LOST = range(6)
RUN, CANCEL, SHARE, FREE = range(4)

LENGTH = struct.Struct("<Q")
HEAD = struct.Struct("<BQ")
LENGTHS = struct.Struct("<II")

# Seconds.
PING = 1
SILENCE = 5
PATIENCE = 3
FREE_INTERVAL = 0.05
REACH = 3
# After how many workers in a row that could not be connected to no other is tried.
UNREACHED = 2

# Linux: as much as it grants without asking, 16 times what a pipe has else.
F_SETPIPE_SZ = 1031
PIPE = 1 << 20

# From how many bytes on a frame gets memory in large pages: to have a hundred megabytes by small ones takes longer than
# to copy them.
LARGE = 1 << 22

# How often an array may be given to a worker that is gone before it has it.
ATTEMPTS = 5

# The first version whose clusters take clients of another one.
MIXABLE = (2025, 12)


class Lost(Exception):
    """The bridge cannot go on; `told` is for the program."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.told = {"kind": kind, "message": message}


class Pipe:
    """The program on the other side."""

    def __init__(self):
        # What Dask prints must not come between frames.
        self.out = os.dup(1)
        os.dup2(2, 1)
        self.input = os.fdopen(os.dup(0), "rb")
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        if sys.platform == "linux":
            self._widen()

    def _widen(self):
        """Arrays pass in fewer pieces, each of which would wake the other side up."""
        import fcntl

        for end in (self.input.fileno(), self.out):
            # Not granted to users who have many pipes.
            with contextlib.suppress(OSError):
                fcntl.fcntl(end, F_SETPIPE_SZ, PIPE)

    def receive(self):
        """The next frame; `None` at the end."""
        length = self.input.read(LENGTH.size)
        if len(length) < LENGTH.size:
            return None
        (length,) = LENGTH.unpack(length)
        if length < LARGE or not hasattr(mmap, "MADV_HUGEPAGE"):
            return self.input.read(length)
        frame = mmap.mmap(-1, length, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        with contextlib.suppress(OSError):
            frame.madvise(mmap.MADV_HUGEPAGE)
        rest = memoryview(frame)
        while rest:
            count = self.input.readinto(rest)
            if not count:
                return None
            rest = rest[count:]
        return frame

    def send(self, kind, number=0, body=b""):
        head = LENGTH.pack(HEAD.size + len(body)) + HEAD.pack(kind, number)
        pieces = [head + body] if len(body) < 1 << 16 else [head, body]
        for piece in map(memoryview, pieces):
            while piece:
                piece = piece[os.write(self.out, piece) :]

    def tell(self, kind, number=0, /, **told):
        self.send(kind, number, json.dumps(told).encode())


class Bridge:
    def __init__(self, pipe, settings, shim):
        self.pipe, self.settings, self.shim = pipe, settings, shim
        self.futures = {}  # by number
        self.numbers = {}  # by key
        self.waiting = []  # to be submitted together: number, key, bytes, arrays
        self.unready = {}  # those that wait for their arrays, by number
        self.arrays = {}  # what ends with the future of each, by number
        self.fresh = set()  # arrays that no task was given yet
        self.freed = []  # keys of those that workers are to forget
        self.turns = itertools.count()
        self.unreached = 0  # how many workers in a row could not be connected to
        self.done = asyncio.Queue()
        self.over = asyncio.get_running_loop().create_future()
        self.token = "0" + os.urandom(6).hex()
        self.submitted = 0
        self.threads = None
        self.background = set()

    async def run(self):
        async with contextlib.AsyncExitStack() as stack:
            self.client = await self._connect(stack)
            await self._upload()
            await self._wait_for_workers()
            self.launch = {"client": self.client.id, "token": self.token, **self.settings["launch"]}
            self.pipe.tell(READY, threads=self.threads, distributed=distributed.__version__)
            loop = asyncio.get_running_loop()
            threading.Thread(target=self._read, args=(loop,), daemon=True).start()
            self._spawn(self._collect())
            self._spawn(self._ping())
            try:
                await self.over
            finally:
                for task in self.background:
                    task.cancel()

    def _spawn(self, coroutine):
        task = asyncio.ensure_future(coroutine)
        self.background.add(task)

        def ended(task):
            self.background.discard(task)
            if not task.cancelled() and task.exception() and not self.over.done():
                self.over.set_exception(task.exception())

        task.add_done_callback(ended)
        return task

    # The cluster

    async def _connect(self, stack):
        settings = self.settings
        if settings["endpoint"] == "local":
            # In the system's, Dask would leave an empty directory behind.
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="larder-", ignore_cleanup_errors=True))
            stack.enter_context(dask.config.set(temporary_directory=folder))
            cluster = distributed.LocalCluster(
                asynchronous=True, n_workers=os.cpu_count(), threads_per_worker=1, dashboard_address=None
            )
            client = await Client(await stack.enter_async_context(cluster), asynchronous=True)
            stack.push_async_callback(client.close)
            return client
        endpoint, seconds = settings["endpoint"], settings["connect_timeout"]
        try:
            security = None
            if settings["tls"]:
                security = distributed.Security(require_encryption=True, **settings["tls"])
            await asyncio.wait_for(self._check_version(endpoint, security), seconds)
            client = Client(
                endpoint,
                asynchronous=True,
                security=security,
                timeout=seconds,
                direct_to_workers=settings["direct"] or None,
                name="larder",
            )
            stack.push_async_callback(client.close)
            # Dask's own limit does not hold where the scheduler accepts and then says nothing.
            await asyncio.wait_for(client, seconds)
            return client
        except Lost:
            raise
        except (asyncio.TimeoutError, TimeoutError):
            raise Lost("connect", f"no answer from {endpoint} within {seconds} s") from None
        except Exception as error:
            raise Lost("connect", f"cannot connect to {endpoint}: {error}") from None

    async def _check_version(self, endpoint, security):
        """Older versions must be the same on both sides; other pairs fail in ways that do not tell, some only later."""
        arguments = (security or distributed.Security()).get_connection_args("client")
        async with distributed.rpc(endpoint, connection_args=arguments) as scheduler:
            theirs = (await scheduler.versions())["packages"]["distributed"]
        ours = distributed.__version__
        numbers = [tuple(map(int, version.split(".")[:2])) for version in (ours, theirs)]
        if ours != theirs and min(numbers) < MIXABLE:
            raise Lost(
                "version",
                f"the cluster has distributed {theirs}, but {sys.executable} has {ours}: install distributed=={theirs} "
                f"there, or 2025.12 or later on both sides",
            )

    async def _upload(self):
        """Makes the shim known to all, and gives the workers the program."""
        settings, shim = self.settings, self.shim
        try:
            for plugin in shim_uploads(shim.__name__, settings["shim"]):
                # It is the same for everybody, and stays.
                plugin.idempotent = True
                await self.client.register_plugin(plugin, name=shim.__name__)
            await self.client.register_plugin(shim.Janitor(), name=shim.__name__ + "_janitor")
            if not settings["launch"]["path"]:
                with open(settings["exe"], "rb") as file:
                    data = file.read()
                sha = hashlib.sha256(data).hexdigest()
                program = shim.Program(self.client.id, data, sha, settings["launch"]["scratch"])
                await self.client.register_plugin(program, name=shim.WORKER_PLUGIN % self.client.id)
        except Exception as error:
            raise Lost("upload", f"the program cannot be given to the workers: {error}") from error

    async def _wait_for_workers(self):
        for_workers = self.settings["wait_for_workers"]
        try:
            await asyncio.wait_for(self.client.wait_for_workers(1), for_workers)
        except (asyncio.TimeoutError, TimeoutError):
            raise Lost("workers", f"the cluster has no worker, and none came within {for_workers} s") from None
        await self._count()

    async def _count(self):
        self.threads = sum((await self.client.scheduler.ncores()).values())

    async def _ping(self):
        """Says when the scheduler does not answer, when it does again, and how large the cluster is."""
        silent = 0
        while True:
            await asyncio.sleep(PING)
            self._check_connection()
            before = self.threads
            answer = asyncio.ensure_future(self._count())
            while not (await asyncio.wait([answer], timeout=SILENCE))[0]:
                silent += SILENCE
                self._check_connection()
                self.pipe.tell(NEWS, threads=self.threads, silent=silent)
            self._check_connection()
            try:
                answer.result()
            except OSError as error:
                raise self._lost() from error
            if silent or self.threads != before:
                silent = 0
                self.pipe.tell(NEWS, threads=self.threads, silent=silent)

    def _check_connection(self):
        if self.client.status != "running":
            raise self._lost()

    def _lost(self):
        return Lost("lost", f"the connection to the scheduler at {self.settings['endpoint']} is lost")

    # Tasks

    def _read(self, loop):
        """On a thread: frames that are there already are taken together."""
        while True:
            frame = self.pipe.receive()
            loop.call_soon_threadsafe(self._frame, frame)
            if frame is None:
                return

    def _frame(self, frame):
        if self.over.done():
            return
        if frame is None:
            self.over.set_result(None)
            return
        kind, number = HEAD.unpack_from(frame)
        body = memoryview(frame)[HEAD.size :]
        if kind == RUN:
            self._submit(number, body)
        elif kind == CANCEL:
            self._submit_waiting()
            self._spawn(self._cancel([number for (number,) in LENGTH.iter_unpack(body)]))
        elif kind == SHARE:
            self.fresh.add(number)
            self.arrays[number] = self._spawn(self._share(number, body))
        elif kind == FREE:
            if not self.freed:
                self._spawn(self._forget_arrays())
            for (number,) in LENGTH.iter_unpack(body):
                # Dask forgets it with its future, as soon as there is one.
                self.fresh.discard(number)
                self.arrays.pop(number, None)
                self.freed.append(self.shim.array_key(self.token, number))

    async def _share(self, number, data):
        """Dask's future of an array, once a worker has it; or why none can be given it."""
        key = self.shim.array_key(self.token, number)
        failures = 0
        while True:
            try:
                near = await self._worker_in_reach()
                place = {"workers": [near], "direct": True} if near else {}
                return (await self.client.scatter({key: self.shim.Blob(data)}, hash=False, **place))[key]
            except (asyncio.TimeoutError, TimeoutError):
                pass  # there is no worker at present: tasks wait for one as well
            except Exception as error:
                self._check_connection()
                failures += 1
                if failures == ATTEMPTS:
                    return error
                await asyncio.sleep(0.1)

    async def _worker_in_reach(self):
        """A worker to be sent an array itself, each in its turn: by way of the scheduler, every byte would go twice.

        `None` where there is none, or they cannot be connected to from here, as in a network of their own.
        """
        if self.unreached == UNREACHED:
            return None
        workers = sorted(await self.client.scheduler.ncores_running(workers=None))
        if not workers:
            return None
        worker = workers[next(self.turns) % len(workers)]
        try:
            # The connection is kept for what comes.
            self.client.rpc.reuse(worker, await self.client.rpc.connect(worker, timeout=REACH))
        except (OSError, asyncio.TimeoutError, TimeoutError):
            self.unreached += 1
            return None
        self.unreached = 0
        return worker

    async def _forget_arrays(self):
        """Has children forget what Dask does not know that they have."""
        await asyncio.sleep(FREE_INTERVAL)
        keys, self.freed = self.freed, []
        await self._tell_workers(self.shim.forget, keys)

    def _submit(self, number, body):
        name_length, count = LENGTHS.unpack_from(body)
        body = body[LENGTHS.size :]
        name = str(body[:name_length], "utf-8").replace("-", "_")
        end = name_length + count * LENGTH.size
        numbers = [array for (array,) in LENGTH.iter_unpack(body[name_length:end])]
        arrays = {array: self.arrays[array] for array in numbers}
        # Dask shows what stands before the first number. Of a group that is larger than this it keeps tasks back.
        group = self.submitted // max(1, 2 * self.threads)
        key = (f"{name}-{self.token}-{group}", self.submitted)
        self.submitted += 1
        if arrays:
            self.unready[number] = self._spawn(self._submit_when_there(number, key, bytes(body[end:]), arrays))
        else:
            self._submit_soon(number, key, bytes(body[end:]), [], [])

    async def _submit_when_there(self, number, key, payload, arrays):
        there = {array: await asyncio.shield(future) for array, future in arrays.items()}
        del self.unready[number]
        for future in there.values():
            if isinstance(future, Exception):
                message = f"an array of the arguments cannot be given to the workers: {future}"
                return self.pipe.tell(FAILED, number, kind="error", message=message)
        # Who is given an array first goes where it is. All others fetch it: to Dask, one worker would seem best for all.
        fresh = [there[array] for array in self.fresh.intersection(there)]
        self.fresh.difference_update(there)
        self._submit_soon(number, key, payload, list(there), fresh)

    def _submit_soon(self, *submission):
        if not self.waiting:
            asyncio.get_running_loop().call_soon(self._submit_waiting)
        self.waiting.append(submission)
        if sum(len(payload) for _, _, payload, *_ in self.waiting) >= self.settings["submit_bytes"]:
            self._submit_waiting()

    def _submit_waiting(self):
        waiting, self.waiting = self.waiting, []
        submit = functools.partial(self.client.submit, self.shim.run, launch=self.launch, pure=False)
        futures = {}
        for number, key, payload, arrays, fresh in waiting:
            if fresh or len(waiting) == 1:
                futures[number] = submit(payload, arrays, fresh, key=key)
        together = [submission for submission in waiting if submission[0] not in futures]
        if together:
            numbers, keys, payloads, arrays, _ = map(list, zip(*together))
            mapped = self.client.map(self.shim.run, payloads, arrays, launch=self.launch, key=keys, pure=False)
            futures.update(zip(numbers, mapped))
        for number, future in futures.items():
            self.futures[number], self.numbers[future.key] = future, number
            self._spawn(self._wait(future))

    async def _wait(self, future):
        try:
            await distributed.wait([future])
        except (distributed.CancelledError, asyncio.CancelledError):
            pass
        self.done.put_nowait(future)

    async def _collect(self):
        """Results that are there at the same time are fetched together."""
        while True:
            done = [await self.done.get()]
            while not self.done.empty():
                done.append(self.done.get_nowait())
            self._spawn(self._deliver([future for future in done if future.key in self.numbers]))
            # Dask keeps what has a future.
            done.clear()

    async def _deliver(self, done):
        finished = [future for future in done if future.status == "finished"]
        for future in done:
            if future.status == "error":
                self._failed(future, await future.exception())
            elif future.status == "cancelled":
                # Not by us: of those it is not asked any more.
                self._check_connection()
                self._failed(future, "Dask gave it up", kind="missing")
        try:
            results = await self.client.gather(finished)
        except Exception as error:
            self._check_connection()
            for future in finished:
                self._failed(future, error)
            return
        for future, result in zip(finished, results):
            number = self._forget(future)
            if number is not None:
                self.pipe.send(DONE, number, result)

    def _failed(self, future, error, kind="error"):
        number = self._forget(future)
        if number is not None:
            if isinstance(error, distributed.scheduler.KilledWorker):
                kind = "killed"
            self.pipe.tell(FAILED, number, kind=kind, message=str(error) or repr(error))

    def _forget(self, future):
        number = self.numbers.pop(future.key, None)
        self.futures.pop(number, None)
        return number

    async def _cancel(self, numbers):
        for number in numbers:
            if number in self.unready:
                self.unready.pop(number).cancel()
                self.pipe.send(CANCELLED, number)
        futures = [self.futures[number] for number in numbers if number in self.futures]
        numbers = [self._forget(future) for future in futures]
        if futures:
            await self.client.cancel(futures, force=True)
            # Dask only forgets what runs: it is the shim that ends it.
            keys = [future.key for future in futures]
            await self._tell_workers(self.shim.cancel, keys)
        for number in numbers:
            self.pipe.send(CANCELLED, number)

    async def _tell_workers(self, function, keys):
        try:
            await asyncio.wait_for(self.client.run(function, keys, on_error="ignore"), PATIENCE)
        except (asyncio.TimeoutError, TimeoutError):
            pass  # a worker that does not answer


def load_shim(text):
    """The shim as a module whose name is that of its text."""
    name = "larder_dask_" + hashlib.sha256(text.encode()).hexdigest()[:16]
    module = sys.modules[name] = types.ModuleType(name)
    module.TEXT = text
    exec(compile(text, name + ".py", "exec"), module.__dict__)
    return module


def shim_uploads(name, text):
    """What makes it known to the scheduler and the workers."""
    with tempfile.TemporaryDirectory(prefix="larder-") as folder:
        path = os.path.join(folder, name + ".py")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return SchedulerUploadFile(path), UploadFile(path)


async def main(pipe, settings):
    await Bridge(pipe, settings, load_shim(settings["shim"])).run()


def start():
    pipe = Pipe()
    settings = pipe.receive()
    if settings is None:
        return
    try:
        try:
            global dask, distributed, Client, SchedulerUploadFile, UploadFile
            import dask
            import distributed
            import distributed.scheduler
            from distributed import Client
            from distributed.diagnostics.plugin import SchedulerUploadFile, UploadFile
        except ImportError as error:
            message = f"{sys.executable} has no package `distributed` that works: {error}"
            raise Lost("missing", message) from None
        asyncio.run(main(pipe, json.loads(settings)))
    except Lost as lost:
        pipe.tell(LOST, **lost.told)
    except Exception as error:
        pipe.tell(LOST, kind="bridge", message=f"{type(error).__name__}: {error}")
        raise


if __name__ == "__main__":
    try:
        start()
    except BrokenPipeError:
        pass  # the program is gone
