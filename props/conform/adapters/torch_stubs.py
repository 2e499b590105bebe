"""Lets the PyTorch of PyPI run on a CPU without the two gigabytes of CUDA that it asks for.

Its libraries are linked to CUDA's, though nothing in them is called on a CPU. This writes
empty libraries with the same names and symbols beside them; each function returns an error.

    python3 torch_stubs.py .../site-packages/torch/lib        needs gcc, nm and readelf
"""

import glob
import os
import re
import subprocess
import sys
import tempfile

lib = sys.argv[1]
patterns = ["libtorch*.so", "libc10*.so", "libshm.so", "libcaffe2*.so"]
files = [f for p in patterns for f in glob.glob(f"{lib}/{p}")]


def lines(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


needed, versions = set(), {}  # the libraries, and the versions of symbols that each must have
symbols, plain, defined = {}, set(), set()  # by version; without one; in PyTorch itself
for f in files:
    for line in lines("readelf", "-d", f):
        needed |= set(re.findall(r"NEEDED.*\[(lib(?:cu|nccl|nv)\S*)\]", line))
for f in files:
    library = None
    for line in lines("readelf", "-V", f):
        if found := re.search(r"File: (\S+)", line):
            library = found[1]
        if (found := re.search(r"Name: (\S+)", line)) and library in needed:
            versions.setdefault(library, set()).add(found[1])
    for line in lines("nm", "-D", f):
        kind, name = line.split()[-2:]
        name, _, version = name.partition("@")
        if kind != "U":
            defined.add(name)
        elif version:
            symbols.setdefault(version.lstrip("@"), set()).add(name)
        elif re.match(r"cu|nccl|nv|__cuda", name):
            plain.add(name)

with tempfile.TemporaryDirectory() as work:
    for library in sorted(needed):
        own = versions.get(library, set())
        names = set().union(plain - defined, *(symbols.get(v, set()) for v in own))
        with open(work + "/stub.c", "w") as c:
            c.write("int stub(void) { return 100; }\n")
            c.writelines(f'int {n}(void) __attribute__((alias("stub")));\n' for n in sorted(names))
        with open(work + "/stub.map", "w") as m:
            for v in sorted(own):
                listed = "".join(n + "; " for n in sorted(symbols.get(v, ())))
                m.write(v + " { " + (f"global: {listed}" if listed else "") + "};\n")
        script = [f"-Wl,--version-script={work}/stub.map"] if own else []
        subprocess.run(["gcc", "-w", "-shared", "-fPIC", f"-Wl,-soname,{library}", "-o", os.path.join(lib, library),
                        work + "/stub.c", *script], check=True)
