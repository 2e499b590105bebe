"""Times core beside NumPy and JAX in one run, on one core and on two: see README.md."""

import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
ROUNDS = 3


def build(package, into):
    name = os.path.join(into, os.path.basename(package) + ".test")
    subprocess.run(["go", "test", "-c", "-o", name, "./" + package], cwd=ROOT, check=True)
    return name


def environment(threads):
    env = {k: v for k, v in os.environ.items() if k != "OPENBLAS_CORETYPE"}  # it slows NumPy
    for name in ("GOMAXPROCS", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        env[name] = str(threads)
    if threads == 1:
        env["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    return env


def start(command, cores, threads):
    return subprocess.Popen(["taskset", "-c", cores, *command], env=environment(threads), stdout=subprocess.PIPE,
                            text=True)


def result(process):
    out = process.communicate()[0]
    if process.returncode:
        sys.exit("a timing failed: " + out)
    return out


class Go:
    """Metrics of a Go benchmark, in microseconds."""

    def __init__(self, binary, bench, read):
        self.command = [binary, "-test.run", "^$", "-test.bench", bench, "-test.benchtime", "1s"]
        self.read = read

    def value(self, out):
        metrics = {unit: float(v) for v, unit in re.findall(r"([0-9.e+-]+) ([A-Za-z][\w/-]*)", out)}
        return self.read(metrics)


class Python:
    def __init__(self, *args):
        self.command = [sys.executable, os.path.join(HERE, args[0]), *args[1:]]

    def value(self, out):
        return float(out)


def measure(sides):
    """The least of ROUNDS for every side, in turns: on one core, on two as two threads of one run,
    and on two as two runs at once (their mean), a time each."""
    best = {name: [float("inf")] * 3 for name in sides}
    for _ in range(ROUNDS):
        for name, side in sides.items():
            times = [side.value(result(start(side.command, "0", 1))),
                     side.value(result(start(side.command, "0,1", 2)))]
            pair = [start(side.command, core, 1) for core in "01"]
            times.append(sum(side.value(result(p)) for p in pair) / 2 / 2)  # two runs in that time
            best[name] = [min(a, b) for a, b in zip(best[name], times)]
    return best


def show(title, ours, best):
    print(title)
    print(f"  {'':34}{'one core':>10}{'two cores':>11}   microseconds; on two the better of two threads and two runs")
    two = {name: min(t[1:]) for name, t in best.items()}
    for name, t in best.items():
        print(f"  {name:34}{t[0]:10.1f}{two[name]:11.1f}")
    for name in best:
        if name not in ours:
            for our in ours:
                print(f"  {our} / {name}: {best[our][0] / best[name][0]:.2f} on one core, "
                      f"{two[our] / two[name]:.2f} on two")
    print(flush=True)


def main():
    with tempfile.TemporaryDirectory() as into:
        step = build("props/internal/experiment/logistic", into)
        tree = build("props/internal/expect", into)
        kernel = Go(step, "^BenchmarkStep$/^forward$", lambda m: m["us-step"])
        batch = Go(step, "^BenchmarkStep$/^forward$", lambda m: m["us-floor"] * m["Batch-x-floor"])
        sides = {"the experiments' kernel": kernel, "core.Batch": batch, "NumPy": Python("regression.py", "numpy")}
        try:
            import jax  # noqa: F401

            sides["JAX"] = Python("regression.py", "jax")
        except ImportError:
            print("without JAX: it is not installed")
        show("A step of a full run, both gradients, d = 10, M = 2000", ("the experiments' kernel", "core.Batch"),
             measure(sides))
        walk = {f"the walk, moments of {name}": Go(tree, f"^BenchmarkTree32$/^moments={of}$", lambda m: m["ns/op"] / 1000)
                for name, of in (("U alone", "U"), ("all states", "all"))}
        show("The exact tree of 32 leaves, N = 6, width 3", tuple(walk), measure(walk | {"NumPy": Python("tree.py")}))


if __name__ == "__main__":
    main()
