"""Run the sample pipeline as Slurm job arrays, and compare the output with a local run.

Usage: python -m scripts.slurm.try_slurm --out DIR [--shares 3]

Starts munge, slurmctld and slurmd for one node in DIR (Debian: apt-get install slurm-wlm munge;
must be run as root), runs `make slurm`, waits, compares all bytes, and stops the three daemons.
One array task of `extract` is killed, as by a failing node: the later jobs must complete its work.
Exits with 1 if a byte differs.
"""

import argparse
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECONDS_TO_START, SECONDS_TO_RUN = 30, 600

CONF = """\
ClusterName=cstool
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmdPort={port_d}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CryptoType=crypto/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,batch_sched_delay=0,defer_batch=no
MinJobAge=3600
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""

MUNGE = {
    "socket": "munge.socket",
    "key-file": "munge.key",
    "seed-file": "munge.seed",
    "pid-file": "munge.pid",
    "log-file": "munge.log",
}
AT_WORK = ("PENDING", "RUNNING", "COMPLETING")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@contextmanager
def slurm(folder: Path) -> Iterator[dict[str, str]]:
    """Give the environment of a Slurm that lives in a folder, while it runs."""
    for name in ("state", "spool"):
        (folder / name).mkdir(parents=True)
    key = folder / "munge.key"
    key.touch(mode=0o600)
    key.write_bytes(secrets.token_bytes(128))
    conf = folder / "slurm.conf"
    conf.write_text(
        CONF.format(
            host=socket.gethostname().split(".")[0],
            folder=folder,
            port=free_port(),
            port_d=free_port(),
            cpus=os.cpu_count(),
        )
    )
    (folder / "cgroup.conf").write_text("CgroupAutomount=no\n")
    environment = os.environ | {"SLURM_CONF": str(conf)}
    munge = [f"--{name}={folder / file}" for name, file in MUNGE.items()]
    daemons = [
        ["munged", "--foreground", "--force", *munge],
        ["slurmctld", "-D", "-f", str(conf)],
        ["slurmd", "-D", "-f", str(conf)],
    ]
    running: list[subprocess.Popen[bytes]] = []
    try:
        for daemon in daemons:
            log = (folder / f"{daemon[0]}.out").open("wb")
            running.append(
                subprocess.Popen(
                    [shutil.which(daemon[0], path="/usr/sbin:/usr/bin") or daemon[0], *daemon[1:]],
                    env=environment, stdout=log, stderr=log,
                )
            )  # fmt: skip
            time.sleep(1)
        until = time.monotonic() + SECONDS_TO_START
        while "idle" not in ask(environment, "sinfo", "-h", "-o", "%T"):
            if time.monotonic() > until:
                sys.exit(f"Slurm did not start; see the logs in {folder}")
            time.sleep(0.5)
        yield environment
    finally:
        for process in reversed(running):
            process.terminate()
        for process in running:
            process.wait(SECONDS_TO_START)


def ask(environment: dict[str, str], *command: str) -> str:
    """Return what one of Slurm's commands prints, "" when it fails."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done.stdout


def jobs(environment: dict[str, str]) -> dict[str, str]:
    """Return the state of each job and array task."""
    listed = ask(environment, "squeue", "-h", "-r", "-t", "all", "-o", "%i %j %T")
    return {
        f"{name} {number}": state
        for number, name, state in (line.split() for line in listed.splitlines())
    }


def files(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, but for the times that runs took."""
    paths = (p for p in sorted(folder.rglob("*")) if p.is_file() and p.name != "_timings.json")
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def make(goal: str, settings: dict[str, str]) -> list[str]:
    """Return the command that makes a goal of the pipeline."""
    return ["make", "-s", "-C", str(ROOT), goal, *(f"{k}={value}" for k, value in settings.items())]


def run_array(folder: Path, settings: dict[str, str], shares: int) -> float:
    """Run the pipeline as arrays; kill a task on the way; return the seconds it took."""
    settings = settings | {
        "TASKS": str(shares),
        "WORK": str(folder / "array"),
        "SBATCH_OPTIONS": "--cpus-per-task=1 --mem=0",
    }
    with slurm(folder / "slurm") as environment:
        begun = time.monotonic()
        subprocess.run(make("slurm", settings), env=environment, check=True)
        killed = ""
        until = begun + SECONDS_TO_RUN
        while True:
            states = jobs(environment)
            waiting = any(state in AT_WORK for state in states.values())
            running = [j for j, state in states.items() if "extract" in j and state == "RUNNING"]
            if running and not killed:
                killed = running[0]
                ask(environment, "scancel", "--full", "--signal=KILL", killed.split()[1])
            if not waiting or time.monotonic() > until:
                break
            time.sleep(0.3)
        took = time.monotonic() - begun
        ended: dict[str, int] = {}
        for state in states.values():
            ended[state] = ended.get(state, 0) + 1
        print(f"{len(states)} jobs: {ended}; killed: {killed or 'none'}")
    return took


def main() -> None:
    """Run both ways, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, required=True, help="a new folder")
    parser.add_argument("--shares", type=int, default=3)
    arguments = parser.parse_args()
    out = arguments.out.absolute()
    out.mkdir(parents=True)
    settings = {
        "WIKI": "enwiki jawiki",
        "DUMPS": str(ROOT / "data/sample"),
        "RUN": "--part-size 16K",
        "CSTOOL": str(Path(sys.executable).parent / "cstool"),
    }
    by_array = run_array(out, settings, arguments.shares)
    begun = time.monotonic()
    local = settings | {"WORK": str(out / "local")}
    subprocess.run(make("corpus", local), check=True, stderr=subprocess.DEVNULL)
    by_make = time.monotonic() - begun
    for name in ("array/options", "array/logs", "local/options"):
        shutil.rmtree(out / name)
    array, whole = files(out / "array"), files(out / "local")
    names = sorted(array.keys() | whole.keys())
    differ = [name for name in names if array.get(name) != whole.get(name)]
    print(f"Slurm {by_array:.0f} s, make {by_make:.0f} s; {len(whole)} files")
    sys.exit(f"{len(differ)} differ: {differ[:5]}" if differ else None)


if __name__ == "__main__":
    main()
