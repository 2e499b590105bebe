package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A record of one step as lines, one that an engine got wrong, and one over its budget.
const (
	traceRun = `{"version":1,"engine":"hand","chain":[{"op":"affine","in":2,"out":2},{"op":"softmaxce","n":2}],` +
		`"precision":"float64","samples":1,"reg":{"kind":"none"}`
	traceStep = `{"step":0,"gamma":0.1,"x":[[1,-2]],"label":[1],"w":[[0.5,0,0,0.25,0,1],[]],` +
		`"Y":[[[0.5,0.5]],[[0.6931471805599453]]],"V":[[[0.5,-0.5]]]}` + "\n"
)

func TestTrace(t *testing.T) {
	good := file(t, "run.jsonl", traceRun+"}\n"+traceStep)
	wrong := file(t, "wrong.jsonl", traceRun+"}\n"+strings.Replace(traceStep, "-0.5]]]", "-0.25]]]", 1))
	within := file(t, "within.jsonl", traceRun+`,"budget":{"relative":0.01}}`+"\n"+traceStep)
	over := strings.Replace(traceRun, "float64", "bfloat16", 1) + `,"budget":{"relative":0.0001}}` + "\n" +
		strings.Replace(traceStep, "[[[0.5,-0.5]]]", "[[[0.501953125,-0.5]]]", 1)
	for _, c := range []struct {
		name string
		args []string
		code int
		says string // the first line begins so
	}{
		{"clean", []string{good}, exitOK, "no cause above the noise: 2 sites in 1 step"},
		{"fault", []string{wrong}, exitDiffers, "fault: step 0, operator 2: V_1 sample 0 index 1 is -0.25 where softmaxce"},
		{"within budget", []string{within}, exitOK, "no cause above the noise"},
		{"over budget", []string{file(t, "bf.jsonl", over)}, exitDiffers, "no cause above the noise"},
		{"no step", []string{file(t, "none.jsonl", traceRun+"}\n")}, exitDiffers, "nothing judged"},
		{"the same twice", []string{good, good}, exitOK, "the runs are the same, number for number"},
		{"new is worse", []string{good, wrong}, exitDiffers,
			"the runs part at step 0, operator 2: V_1 sample 0 index 1: -0.5 and -0.25"},
		{"new is better", []string{wrong, good}, exitOK, "the runs part at step 0, operator 2: V_1 sample 0 index 1"},
		{"a file of numpy", []string{"../trace/testdata/numpy.npz"}, exitOK, "no cause above the noise: 2 sites in 3 steps"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, stdout, stderr := verify(append([]string{"trace"}, c.args...)...)
			if code != c.code || !strings.HasPrefix(stdout, c.says) || stderr != "" {
				t.Errorf("exit code %d, %.200q, stderr %q; want %d, %q", code, stdout, stderr, c.code, c.says)
			}
			if c.name == "over budget" && !strings.Contains(stdout, "the declared budget (relative) allows") {
				t.Errorf("%s does not say that the budget is exceeded", stdout)
			}
		})
	}
}

func TestTraceUsage(t *testing.T) {
	good := file(t, "run.jsonl", traceRun+"}\n"+traceStep)
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "0 arguments"},
		{[]string{good, good, good}, "unexpected argument"},
		{[]string{"no/such/record"}, "no/such/record"},
		{[]string{"../trace/recorders/testdata/torch-bf16-none", "-json",
			"../trace/recorders/testdata/torch-bf16-none/run.json"}, "is a part of the record"},
		{[]string{file(t, "bad.jsonl", traceRun+"}\n{\n")}, "bad.jsonl: line 2, column 2"},
		{[]string{good, "-json", good}, "is the same file as"},
		{[]string{good, "-html", "."}, "-html .: is a directory"},
	} {
		code, stdout, stderr := verify(append([]string{"trace"}, c.args...)...)
		if code != exitUsage || !strings.Contains(stderr, c.want) ||
			!strings.HasPrefix(stderr, "verify trace: ") || stdout != "" {
			t.Errorf("%q: exit code %d, stdout %q, stderr %q, want %q", c.args, code, stdout, stderr, c.want)
		}
	}
}

func TestTraceFiles(t *testing.T) {
	good := file(t, "run.jsonl", traceRun+"}\n"+traceStep)
	dir := t.TempDir()
	jsonFile, htmlFile := filepath.Join(dir, "j.json"), filepath.Join(dir, "p.html")
	if code, _, stderr := verify("trace", "-json", jsonFile, good, "-html", htmlFile); code != exitOK {
		t.Fatal(code, stderr)
	}
	var got struct {
		Version int
		Verdict string
		Sites   []struct {
			Name string
			Bias *float64
		}
	}
	err := json.Unmarshal(must(os.ReadFile(jsonFile)), &got)
	if err != nil || got.Version != 1 || got.Verdict != "no cause" || len(got.Sites) != 3 {
		t.Errorf("%v: %+v", err, got)
	}
	if page := string(must(os.ReadFile(htmlFile))); !strings.Contains(page, "no cause above the noise") {
		t.Errorf("the page is %.200q", page)
	}
}

func TestTraceStopped(t *testing.T) {
	good := file(t, "run.jsonl", traceRun+"}\n"+traceStep)
	ctx, stop := context.WithCancel(context.Background())
	stop()
	var out, err strings.Builder
	code := run(ctx, []string{"trace", good}, &out, &err)
	if code != exitStopped || !strings.Contains(out.String(), "stopped") {
		t.Errorf("exit code %d, %q, %q", code, out.String(), err.String())
	}
}
