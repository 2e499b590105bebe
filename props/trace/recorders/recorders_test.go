package recorders

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/trace"
)

var (
	python  = flag.String("python", "python3", "the `program` that runs the recorders: one with NumPy")
	engines = flag.String("engines", "numpy", "`names` of engines to record, with a comma between: numpy, torch, jax")
	full    = flag.Bool("full", false, "record long runs of every format and cause")
)

// expect is what a judgement must say of a run of digits.py.
type expect struct {
	format, cause string
	verdict       trace.Verdict
	site          trace.Site // of the first fault
	from          int        // its first step
	steps         int        // with it; 0: all
	spike         bool
}

// all is what must be said of every format and cause, the flip at step at.
func all(at int) []expect {
	var list []expect
	topK, flip := trace.Site{Kind: "delta", I: 4, Op: 4}, trace.Site{Kind: "eps", I: 7, Op: 7}
	layer := trace.Site{Kind: "delta", I: 5, Op: 5}
	for _, format := range []string{"float32", "bf16", "e4m3"} {
		list = append(list, expect{format: format, cause: "none", verdict: trace.NoCause},
			expect{format, "topk", trace.Faulty, topK, 0, 0, false},
			expect{format, "flip", trace.Faulty, flip, at, 1, format != "e4m3"})
	}
	return append(list, expect{"float32", "layer", trace.Faulty, layer, 0, 0, false},
		// What a bf16 engine does in one layer is what it does in all.
		expect{format: "bf16", cause: "layer", verdict: trace.NoCause})
}

// judge judges the record and holds it against what it must say.
func (e *expect) judge(t *testing.T, path string) *trace.Judgement {
	t.Helper()
	j, err := trace.Judge(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	if j.Verdict != e.verdict {
		t.Errorf("%s %s: %s", e.format, e.cause, j.Says)
	}
	if e.verdict == trace.Faulty && len(j.Faults) > 0 {
		f := j.Faults[0]
		steps := e.steps
		if steps == 0 {
			steps = j.Steps
		}
		if f.Site != e.site || f.Step != e.from || f.Steps != steps {
			t.Errorf("%s %s: the first fault is %v at step %d, in %d steps, want %v at %d, in %d", e.format, e.cause,
				f.Site, f.Step,
				f.Steps, e.site, e.from, steps)
		}
		if len(j.Suspects) == 0 || j.Suspects[0].Site != e.site {
			t.Errorf("%s %s: suspects %+v, want %v first", e.format, e.cause, j.Suspects, e.site)
		}
	}
	if e.spike && (len(j.Spikes) != 1 || j.Spikes[0].Peak != e.from || j.Spikes[0].Cause == nil ||
		*j.Spikes[0].Cause != e.site) {
		t.Errorf("%s %s: spikes %+v, want one at step %d by %v", e.format, e.cause, j.Spikes, e.from, e.site)
	}
	return j
}

// TestTorchOnRecord: what is said of recordings of PyTorch, to the letter.
func TestTorchOnRecord(t *testing.T) {
	for _, c := range []struct {
		name string
		expect
		says string
	}{
		{"float32-flip", expect{"float32", "flip", trace.Faulty, trace.Site{Kind: "eps", I: 7, Op: 7}, 21, 1, true},
			"fault: step 21, operator 7: V_6 sample 3 index 3 is 114.83831787109375 where affine(4,10) " +
				"gives 0.448587177540702: " +
				"114 apart, and rounding in float32 allows 1.72e-06 by (5b)"},
		{"bf16-topk", expect{"bf16", "topk", trace.Faulty, trace.Site{Kind: "delta", I: 4, Op: 4}, 0, 0, false},
			"fault: step 0, operator 4: Y_4 sample 0 index 0 is 0 where tanh(8) " +
				"gives 0.21625742733830014: 0.216 apart, and rounding " +
				"in bfloat16/bfloat16/float32 allows 0.0119 by (5a) (in 12 steps)"},
		{"bf16-none", expect{format: "bf16", cause: "none", verdict: trace.NoCause},
			"no cause above the noise: 14 sites in 12 steps, all as rounding in bfloat16/bfloat16/float32 leaves them"},
		{"e4m3-none", expect{format: "e4m3", cause: "none", verdict: trace.NoCause},
			"no cause above the noise: 14 sites in 12 steps, all as rounding in e4m3/float32/float32 leaves them"},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := c.judge(t, filepath.Join("testdata", "torch-"+c.name))
			if j.Says != c.says {
				t.Errorf("it says\n%s\nwant\n%s", j.Says, c.says)
			}
		})
	}
}

// withModule skips a test where python has no module of this name.
func withModule(t *testing.T, module string) {
	t.Helper()
	if err := exec.Command(*python, "-c", "import "+module).Run(); err != nil {
		t.Skipf("SKIPPED: %s has no %s", *python, module)
	}
}

// TestPlantedCauses trains with a planted cause, records, and has the cause named.
func TestPlantedCauses(t *testing.T) {
	for _, engine := range strings.Split(*engines, ",") {
		t.Run(engine, func(t *testing.T) {
			withModule(t, engine)
			steps, at := 32, 24
			if *full {
				steps, at = 300, 200
			}
			for _, e := range all(at) {
				if engine == "jax" && e.cause == "layer" || !*full && e.format == "bf16" {
					continue
				}
				t.Run(e.format+"-"+e.cause, func(t *testing.T) {
					dir := filepath.Join(t.TempDir(), "run")
					args := []string{"digits.py", engine, e.format, e.cause, dir, "-steps", fmt.Sprint(steps), "-at", fmt.Sprint(at)}
					if !*full {
						args = append(args, "-hidden", "12", "12", "12", "-samples", "8")
					}
					out, err := exec.Command(*python, args...).CombinedOutput()
					if err != nil {
						t.Fatalf("%v\n%s", err, out)
					}
					t.Logf("%s", out)
					t.Log(e.judge(t, dir).Says)
				})
			}
		})
	}
}

// TestText: each file is complete as it is printed, and the writer stands alone.
func TestText(t *testing.T) {
	for _, r := range All() {
		text, err := Text(r.Name)
		if err != nil {
			t.Error(err)
		}
		if r.File != "digits.py" && (strings.Contains(text, "from recorder import") && r.File != "recorder.py" ||
			strings.Count(text, "os.replace(") != 1) {
			t.Errorf("%s is not complete", r.Name)
		}
	}
	if _, err := Text("record-abacus"); err == nil {
		t.Error("a recorder that is not there has a text")
	}
	if len(Files()) != len(All()) {
		t.Errorf("%d files of %d", len(Files()), len(All()))
	}
}

// TestPrinted: what is printed runs as one file, and arrays with columns in a row are recorded like others.
func TestPrinted(t *testing.T) {
	withModule(t, "numpy")
	text, err := Text("record-numpy")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	script := text + `
net = Net([2, 3, 3, 2], seed=1)
rec = Recorder("run", net.chain, "float32", samples=4, chunk=1)
x, label = np.random.default_rng(1).normal(size=(4, 2)), np.array([0, 1, 1, 0])
for t in range(3):
    Y, V, U = net.passes(x, label)
    rec.step(t, 0.1, np.asfortranarray(x, np.float32), net.W, Y, V, label=label, U=U, loss=Y[-1].mean(dtype=float))
    net.move(0.1, U)
rec.close()
`
	if err := os.WriteFile(filepath.Join(dir, "own.py"), []byte(script), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(*python, "own.py")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	j, err := trace.Judge(context.Background(), filepath.Join(dir, "run"))
	if err != nil || len(j.Faults) > 0 || j.Steps != 3 {
		t.Errorf("%v, %+v", err, j)
	}
	cmd = exec.Command(*python, "own.py")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "FileExistsError") {
		t.Errorf("a record that is there is written over: %s", out)
	}
}

// TestMomentum: weights that do not move as (5d) has them are no fault where no gradient is recorded, and one
// where it is.
func TestMomentum(t *testing.T) {
	withModule(t, "numpy")
	for _, gradients := range []string{"None", "U"} {
		dir := filepath.Join(t.TempDir(), "run")
		cmd := exec.Command(*python, "-c", `
import sys
import numpy as np
from numpy_recorder import Net, Recorder
net, random, m = Net([8, 6, 6, 3], seed=1), np.random.default_rng(1), None
rec = Recorder(sys.argv[1], net.chain, "float32", samples=16)
for t in range(20):
    x = random.normal(size=(16, 8)).astype(np.float32)
    label = (x[:, 0] > 0).astype(int)
    Y, V, U = net.passes(x, label)
    rec.step(t, 0.1, x, net.W, Y, V, label=label, U=`+gradients+`)
    m = U if m is None else [None if u is None else np.float32(0.9) * a + u for a, u in zip(m, U)]
    net.move(0.1, m)
rec.close()
`, dir)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		j, err := trace.Judge(context.Background(), dir)
		if err != nil {
			t.Fatal(err)
		}
		if faulty := len(j.Faults) > 0; faulty != (gradients == "U") || faulty && j.Faults[0].Rule != "(5d)" {
			t.Errorf("gradients %s: faults %+v", gradients, j.Faults)
		}
	}
}
