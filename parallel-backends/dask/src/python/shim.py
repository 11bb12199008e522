"""What larder runs inside of the workers and the scheduler of a Dask cluster.

On each thread of a worker it keeps one child process, the program that has the task functions, and passes frames between
it and Dask, as crate larder-worker has them. Of frames it knows how long they are and which is the last of an answer.

The module is uploaded under a name that has a hash of its text, and what it defines is sent by name: so the Python of the
client and those of the cluster may differ, and several versions of it can be in one process.
"""

import asyncio
import concurrent.futures
import contextlib
import errno
import hashlib
import json
import logging
import mmap
import os
import pickle
import platform
import selectors
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import types

from distributed import Reschedule, get_worker
from distributed.diagnostics.plugin import SchedulerPlugin, WorkerPlugin
from distributed.worker import Worker, thread_state

logger = logging.getLogger("distributed.worker.larder")

# Seconds.
WATCH = 0.25
ARRIVAL = 10
GREETING = 30
FORGET = 600

# How a frame begins: the length of what follows these eight bytes, that of the head, a kind, how many descriptors come
# with it, nothing, how many buffers.
PRELUDE = struct.Struct("<QQBBHI")
HELLO, SETUP, DONE, REFUSED, MAPS = 1, 2, 5, 6, 8

LENGTH = struct.Struct("<Q")
# A number of what has to be said first, how long that is, and whether tasks may change arrays.
HEAD = struct.Struct("<QQQ")
# So many descriptors go with a frame.
DESCRIPTORS = 200

WORKER_PLUGIN = "larder-program-%s"


def _state():
    """What this process has, kept beside the module: Dask imports an upload again whenever it arrives again."""
    name = "_" + __name__ + "_state"
    state = sys.modules.get(name)
    if state is None:
        state = types.ModuleType(name)
        state.lock = threading.RLock()
        state.threads = threading.local()
        state.children = set()
        state.cancelled = {}
        state.arrays = {}  # client and array, by key
        state.arriving = {}  # by worker and key
        state.watch = None
        state = sys.modules.setdefault(name, state)
    return state


STATE = _state()


class Failure(Exception):
    """A task cannot be run here, or its child is gone: what the client is told."""

    def __init__(self, kind, message, **more):
        super().__init__(message)
        self.told = {"kind": kind, "message": message, **more}


# The program

# Makes a program where this module may not be known: `name`, `text` and `state` are given.
UNPICKLE = """(
    [
        exec(compile(text, name + '.py', 'exec'), module.__dict__)
        for module in [__import__('types').ModuleType(name)]
        if __import__('sys').modules.setdefault(name, module) is module
    ],
    __import__('sys').modules[name].Program(*state),
)[1]"""


class Program(WorkerPlugin):
    """The program of one client, as a file on each worker for as long as the client is connected."""

    def __init__(self, client, data, sha, scratch):
        self.client, self.data, self.sha, self.scratch = client, data, sha, scratch

    def __reduce__(self):
        # A worker that joins is given all plugins at once, this and the upload of this module in any order; one that
        # cannot be unpickled would keep it from joining. `TEXT` is this module, set by the bridge.
        state = self.client, self.data, self.sha, self.scratch
        return eval, (UNPICKLE, {"name": __name__, "text": TEXT, "state": state})  # noqa: F821

    def setup(self, worker):
        found = hashlib.sha256(self.data).hexdigest()
        if found != self.sha:
            raise RuntimeError(f"the program arrived damaged: its SHA-256 is {found}, not {self.sha}")
        path = _program_path(worker, self.client, self.scratch)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        _sweep(os.path.dirname(path))
        # Nothing here forks meanwhile: a child that has inherited the open file makes it busy for whoever runs it.
        with STATE.lock:
            file, unfinished = tempfile.mkstemp(dir=os.path.dirname(path))
            try:
                with os.fdopen(file, "wb") as out:
                    out.write(self.data)
                os.chmod(unfinished, 0o700)
                os.replace(unfinished, path)
            except BaseException:
                os.unlink(unfinished)
                raise
        self.data = None

    def teardown(self, worker):
        with STATE.lock:
            children = [child for child in STATE.children if child.client == self.client]
        for child in children:
            child.end("its client is gone")
        try:
            os.unlink(_program_path(worker, self.client, self.scratch))
        except FileNotFoundError:
            pass


class Janitor(SchedulerPlugin):
    """Removes the programs of clients that are gone, however they went."""

    idempotent = True

    def remove_client(self, scheduler, client):
        name = WORKER_PLUGIN % client
        if name in scheduler.worker_plugins:
            scheduler._ongoing_background_tasks.call_soon(_unregister, scheduler, name)


async def _unregister(scheduler, name):
    try:
        await scheduler.unregister_worker_plugin(comm=None, name=name)
    except ValueError:
        pass  # the client did it


def _program_path(worker, client, scratch):
    name = f"larder+{platform.node()}+{os.getpid()}+{client}"
    return os.path.join(scratch or worker.local_directory, name)


def _sweep(folder):
    """Removes what workers that were killed have left."""
    start = f"larder+{platform.node()}+"
    for name in os.listdir(folder):
        pid = name[len(start) :].split("+")[0]
        if name.startswith(start) and pid.isdigit():
            try:
                os.kill(int(pid), 0)
            except ProcessLookupError:
                os.unlink(os.path.join(folder, name))
            except OSError:
                pass  # another user's


# Children


class Child:
    """A process of a client's program, and the one call that is under way with it."""

    def __init__(self, launch):
        if os.name == "nt":
            raise Failure("start", "tasks cannot run on workers on Windows")
        self.client, self.idle = launch["client"], launch["idle"]
        self.turn = threading.Lock()  # held by the thread that calls it, or looks after it
        self.guard = threading.Lock()  # held to change the next two
        self.key = None
        self.why = None
        self.buried = False
        self.told = set()
        self.mapped = {}  # keys of arrays, by number
        self.used = time.monotonic()
        self.connection, theirs = socket.socketpair()
        with theirs:
            self.path, self.process = _start(launch, theirs)
        self.said = _Said(self.process.stderr)
        with STATE.lock:
            STATE.children.add(self)
            if STATE.watch is None:
                STATE.watch = threading.Thread(target=_watch, daemon=True, name="larder-watch")
                STATE.watch.start()
        # It notes in this file which task it is at, and the file is there when it is not any more.
        self.progress = _anonymous_file("larder-progress")
        self.progress.write(b"\xff" * LENGTH.size)  # no task
        self._tell(SETUP, b"", [self.progress])
        self.connection.setblocking(False)

    def _tell(self, kind, head, files):
        """Says what is not answered."""
        frame = PRELUDE.pack(PRELUDE.size - LENGTH.size + len(head), len(head), kind, len(files), 0, 0) + head
        try:
            socket.send_fds(self.connection, [frame], [file.fileno() for file in files])
        except OSError:
            pass  # it has ended already: whoever calls it finds out

    def map(self, arrays=(), fetch=None, private=0):
        """Has it map these arrays, key by number, that it does not have, and forget those which are gone."""
        gone = [n for n, key in self.mapped.items() if n not in arrays and key not in STATE.arrays]
        fresh = [(n, key, fetch(key)) for n, key in dict(arrays).items() if n not in self.mapped]
        while gone or fresh:
            some, fresh = fresh[:DESCRIPTORS], fresh[DESCRIPTORS:]
            numbers = [len(gone), *gone]
            for number in gone:
                del self.mapped[number]
            for number, key, blob in some:
                numbers += number, 0, len(blob), private
                self.mapped[number] = key
            gone = []
            # It waits for frames, and there is room for one.
            self._tell(MAPS, b"".join(map(_leb128, numbers)), [blob.file for *_, blob in some])

    def exchange(self, frames, answer, limit=None):
        """Writes frames, and adds to `answer` those that come in return, up to a last one: its kind. `None` if it ended."""
        whole = len(answer)  # up to here, they are whole
        rest = memoryview(frames)
        try:
            with selectors.DefaultSelector() as selector:
                both = selectors.EVENT_READ | selectors.EVENT_WRITE
                selector.register(self.connection, both if rest else selectors.EVENT_READ)
                while True:
                    events = selector.select(limit)
                    if not events:
                        return None
                    if events[0][1] & selectors.EVENT_WRITE:
                        rest = self._write(rest)
                        if not rest:
                            selector.modify(self.connection, selectors.EVENT_READ)
                    if not events[0][1] & selectors.EVENT_READ:
                        continue
                    piece = self._read()
                    if not piece:
                        return None
                    answer += piece
                    while len(answer) - whole >= PRELUDE.size:
                        length, _, kind, *_ = PRELUDE.unpack_from(answer, whole)
                        if len(answer) - whole < LENGTH.size + length:
                            break
                        whole += LENGTH.size + length
                        if kind in (HELLO, DONE, REFUSED):
                            return kind
        finally:
            del answer[whole:]

    def _write(self, rest):
        try:
            return rest[self.connection.send(rest) :]
        except (BlockingIOError, InterruptedError):
            return rest
        except OSError:
            return rest[:0]  # what it said before it ended is still read

    def _read(self):
        try:
            return self.connection.recv(1 << 20)
        except ConnectionError:
            return b""

    def end(self, why, key=None):
        """Kills it and what it started, if it still runs the task of this key; whoever called it finds out."""
        with self.guard:
            if key is None or self.key == key:
                self.why = self.why or why
                self._kill()

    def _kill(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except OSError:
            pass

    def bury(self):
        """How it ended, what it was at, and what it said last."""
        self.connection.close()
        try:
            # It is about to end by itself, or it never will.
            code = self.process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            self._kill()
            code = self.process.wait()
        self.buried = True
        with STATE.lock:
            STATE.children.discard(self)
        (at,) = LENGTH.unpack(os.pread(self.progress.fileno(), LENGTH.size, 0))
        self.progress.close()
        return code, at, self.said.end()


class _Said:
    """Passes on what a child prints, and keeps the end of it."""

    def __init__(self, pipe):
        self.pipe, self.kept = pipe, b""
        self.thread = threading.Thread(target=self._pass_on, daemon=True, name="larder-output")
        self.thread.start()

    def _pass_on(self):
        with self.pipe:
            while True:
                piece = self.pipe.read(1 << 16)
                if not piece:
                    return
                self.kept = (self.kept + piece)[-4000:]
                try:
                    os.write(2, piece)
                except OSError:
                    pass

    def end(self):
        # Something that the child has started may hold it open.
        self.thread.join(timeout=0.5)
        return self.kept.decode(errors="replace").strip()


def _anonymous_file(name, flags=0):
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create(name, flags), "r+b", buffering=0)
    return tempfile.TemporaryFile(buffering=0)


def _start(launch, connection):
    path = launch["path"] or _program_path(get_worker(), launch["client"], launch["scratch"])
    deadline = time.monotonic() + ARRIVAL
    while True:
        try:
            with STATE.lock:
                return path, subprocess.Popen(
                    launch["arguments"],
                    executable=path,
                    stdin=connection,
                    # A test harness has a lot to say there.
                    stdout=subprocess.DEVNULL if launch["is_test"] else None,
                    stderr=subprocess.PIPE,
                    bufsize=0,
                    env={**launch["defaults"], **os.environ, **launch["environment"]},
                    # So that it ends with all that it started, and what is typed at the worker's terminal is for the worker.
                    start_new_session=True,
                )
        except OSError as error:
            # A worker that has just come may get its first task before the program.
            arriving = launch["path"] is None and not os.path.exists(path)
            if (arriving or error.errno == errno.ETXTBSY) and time.monotonic() < deadline:
                time.sleep(0.05)
                continue
            raise Failure("start", _why_not(path, error)) from None


def _why_not(path, error):
    if error.errno == errno.ENOEXEC:
        return f"{path} is no program for this machine ({platform.machine()}): give a build for it with the option `exe`"
    if error.errno == errno.ENOENT and os.path.exists(path):
        return (
            f"{path} needs a C library that this machine does not have: build it for a musl target, which needs none, "
            "and give it with the option `exe`"
        )
    if error.errno == errno.ENOENT:
        return f"there is no {path}"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{path} may not be run: {error.strerror}; the option `scratch` names a directory where programs may"
    return f"{path} cannot be run: {error.strerror}"


def _leb128(number):
    """A number as it stands in the head of a frame."""
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return out


# Arrays


class Blob:
    """An array: on its way, its bytes; on a worker, a file without a name that children map."""

    def __init__(self, data):
        self.data, self.file = data, None

    @classmethod
    def arrived(cls, data):
        flags = getattr(os, "MFD_ALLOW_SEALING", 0)
        blob = cls(None)
        blob.file = _anonymous_file("larder-array", flags | getattr(os, "MFD_CLOEXEC", 0))
        rest = memoryview(data).cast("B")
        while rest:
            rest = rest[blob.file.write(rest) :]
        if flags:
            import fcntl  # not everywhere

            seals = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
            fcntl.fcntl(blob.file, fcntl.F_ADD_SEALS, seals)
        return blob

    def __reduce_ex__(self, protocol):
        data = self.data
        if data is None:
            data = mmap.mmap(self.file.fileno(), 0, mmap.MAP_PRIVATE, mmap.PROT_READ)
        return Blob.arrived, (pickle.PickleBuffer(data) if protocol >= 5 else bytes(data),)

    def __len__(self):
        return os.fstat(self.file.fileno()).st_size if self.data is None else len(self.data)

    def __sizeof__(self):
        return len(self)


def array_key(token, number):
    """Dask's key of an array of the bridge's with this token."""
    return f"array-{token}-{number}"


def _array(child, key):
    """The array of this key, which comes here when it is first needed."""
    worker = get_worker()
    coming = asyncio.run_coroutine_threadsafe(_arrival(worker, key), worker.loop.asyncio_loop)
    while not concurrent.futures.wait([coming], timeout=WATCH).done:
        if child.why is not None:
            raise _died(child)
    blob = coming.result()
    if blob is None:
        raise Failure("missing", f"no worker has {key}")
    STATE.arrays[key] = child.client, blob
    return blob


async def _arrival(worker, key):
    if key in STATE.arrays:
        return STATE.arrays[key][1]
    if key not in worker.data:
        # Several threads may need it at once.
        place = worker.address, key
        if place not in STATE.arriving:
            STATE.arriving[place] = asyncio.ensure_future(_fetch(worker, key))
            STATE.arriving[place].add_done_callback(lambda _: STATE.arriving.pop(place))
        await asyncio.shield(STATE.arriving[place])
    return worker.data.get(key)


async def _fetch(worker, key):
    """From a worker that has it; from then on this is another one to fetch it from."""
    await worker.gather(who_has=await worker.scheduler.who_has(keys=[key]))
    # That the scheduler did not ask for it. Where it has forgotten it meanwhile, it says so.
    worker.batched_send({"op": "add-keys", "keys": [key], "stimulus_id": f"larder-{time.time()}"})


def forget(keys):
    """These arrays are not needed any more."""
    for key in keys:
        STATE.arrays.pop(key, None)


# Tasks


def run(payload, arrays, near=None, *, launch):
    """A task of Dask's: some of larder's, as frames for the child of this thread, which is started where there is none.

    `payload` is HEAD, what has to be said once to each child, and the frame that asks for the answer; `arrays` are the
    numbers of those it needs, and `near` is there to bring the task to some of them. Returned is how long all that the
    child said is (a u64), that, and JSON: how many seconds it took, and what went wrong if anything did.
    """
    answer = bytearray(LENGTH.size)
    told = {"host": platform.node()}
    begun = time.perf_counter()
    try:
        with _turn(launch) as child:
            _call(child, launch, payload, arrays, answer)
    except Failure as failure:
        told.update(failure.told)
    told["seconds"] = time.perf_counter() - begun
    LENGTH.pack_into(answer, 0, len(answer) - LENGTH.size)
    answer += json.dumps(told).encode()
    return answer


@contextlib.contextmanager
def _turn(launch):
    """This thread's child for the client."""
    mine = STATE.threads.__dict__
    child = mine.get(launch["client"])
    if child is not None:
        child.turn.acquire()
        if not child.buried and child.process.poll() is not None:
            child.bury()
        if child.buried:
            child.turn.release()
            child = None
    if child is None:
        for client, other in list(mine.items()):
            if other.buried:
                del mine[client]
        child = mine[launch["client"]] = Child(launch)
        child.turn.acquire()
    try:
        yield child
    finally:
        child.used = time.monotonic()
        child.turn.release()


def _call(child, launch, payload, arrays, answer):
    number, length, private = HEAD.unpack_from(payload)
    first, rest = payload[HEAD.size :][:length], payload[HEAD.size + length :]
    key = getattr(thread_state, "key", None)
    with child.guard:
        # From here on who cancels the task finds the child; who did before has left a note.
        child.key = key
    try:
        if key in STATE.cancelled:
            raise Failure("cancelled", "it was cancelled")
        if HELLO not in child.told:
            _greet(child, launch, answer)
            child.told.add(HELLO)
        keys = {array: array_key(launch["token"], array) for array in arrays}
        child.map(keys, lambda key: _array(child, key), private)
        if first and number not in child.told:
            kind = child.exchange(first, answer)
            if kind is None:
                raise _died(child)
            if kind == REFUSED:
                return
            child.told.add(number)
        if child.exchange(rest, answer) is None:
            raise _died(child)
    finally:
        with child.guard:
            child.key = None


def _greet(child, launch, answer):
    """Hears the child's first word: nothing is said to who does not speak as the client does."""
    before = len(answer)
    if child.exchange(b"", answer, GREETING) is None:
        child.end("it says nothing")
        *_, said = child.bury()
        raise Failure(
            "start",
            f"{child.path} did not become a worker: does it call `larder::init()` first in `main`?",
            said=said,
        )
    if not answer.startswith(bytes(launch["greeting"], "latin-1"), before + PRELUDE.size):
        child.end("it speaks otherwise")
        child.bury()
        raise Failure("start", f"{child.path} is a worker of another larder")


def _died(child):
    code, at, said = child.bury()
    if child.why is not None:
        # Dask ignores it where the task was cancelled, and runs it again where somebody wants it after all.
        raise Reschedule
    how = f"it was ended by {_signal(-code)}" if code < 0 else f"it ended with exit code {code}"
    return Failure("died", how, said=said, code=code, at=at)


def _signal(number):
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def cancel(keys):
    """Ends these tasks where they run here, and sees to it that those which are on their way do not begin."""
    now = time.monotonic()
    with STATE.lock:
        for key, since in list(STATE.cancelled.items()):
            if now - since > FORGET:
                del STATE.cancelled[key]
        STATE.cancelled.update((key, now) for key in keys)
        running = [(child, child.key) for child in STATE.children if child.key in STATE.cancelled]
    for child, key in running:
        child.end("it was cancelled", key)
    for child, key in running:
        # Once this returns, nothing of them runs. Looking is safe from several threads, waiting is not.
        while child.key == key and child.process.poll() is None:
            time.sleep(0.001)


def _watch():
    """Ends children that nobody wants any more: idle ones, and those whose task Dask has forgotten.

    Dask itself lets a cancelled task run on: a thread cannot be ended.
    """
    while True:
        time.sleep(WATCH)
        with STATE.lock:
            children = list(STATE.children)
        clients = {child.client for child in children}
        forget([key for key, (client, _) in list(STATE.arrays.items()) if client not in clients])
        for child in children:
            try:
                _look_after(child)
            except Exception:
                logger.exception("looking after a child of larder failed")


def _look_after(child):
    if child.turn.acquire(blocking=False):
        try:
            idle = time.monotonic() - child.used > child.idle
            if not child.buried and (idle or child.process.poll() is not None):
                child.end("it was idle")
                child.bury()
            elif not child.buried:
                child.map()
        finally:
            child.turn.release()
        return
    key = child.key
    if key is not None and not any(_wants(worker, key) for worker in list(Worker._instances)):
        child.end("nobody wants its task", key)


def _wants(worker, key):
    # One that is closing may have to wait for its threads, and nobody for what they come to.
    if worker.status.name in ("closing", "closed", "failed"):
        return False
    task = worker.state.tasks.get(key)
    return task is not None and task.state not in ("cancelled", "released", "forgotten")
