package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// env is an environment of name=value pairs.
func env(pairs ...string) func(string) string {
	return func(name string) string {
		for _, p := range pairs {
			if n, v, _ := strings.Cut(p, "="); n == name {
				return v
			}
		}
		return ""
	}
}

func TestAutoShard(t *testing.T) {
	slurm := []string{"SLURM_ARRAY_TASK_ID=5", "SLURM_ARRAY_TASK_COUNT=8", "SLURM_ARRAY_TASK_MIN=1"}
	for name, c := range map[string]struct {
		env  []string
		want string // the shard, or a part of the error
	}{
		"slurm": {slurm, "5/8"},
		"slurm from 0": {[]string{"SLURM_ARRAY_TASK_ID=0", "SLURM_ARRAY_TASK_COUNT=8",
			"SLURM_ARRAY_TASK_MIN=0"}, "1/8"},
		"slurm, a last task": {[]string{"SLURM_ARRAY_TASK_ID=17", "SLURM_ARRAY_TASK_COUNT=8",
			"SLURM_ARRAY_TASK_MIN=10"}, "8/8"},
		"slurm, with a step": {[]string{"SLURM_ARRAY_TASK_ID=20", "SLURM_ARRAY_TASK_COUNT=8",
			"SLURM_ARRAY_TASK_MIN=10"}, "SLURM_ARRAY_TASK_ID is 20, want 10..17"},
		"slurm, in steps": {[]string{"SLURM_ARRAY_TASK_ID=5", "SLURM_ARRAY_TASK_COUNT=3",
			"SLURM_ARRAY_TASK_MIN=1", "SLURM_ARRAY_TASK_STEP=2"}, "3/3"},
		"slurm, beside its steps": {[]string{"SLURM_ARRAY_TASK_ID=4", "SLURM_ARRAY_TASK_COUNT=3",
			"SLURM_ARRAY_TASK_MIN=1", "SLURM_ARRAY_TASK_STEP=2"}, "SLURM_ARRAY_TASK_ID is 4, want 1 and a multiple of 2"},
		"slurm, beyond its steps": {[]string{"SLURM_ARRAY_TASK_ID=7", "SLURM_ARRAY_TASK_COUNT=3",
			"SLURM_ARRAY_TASK_MIN=1", "SLURM_ARRAY_TASK_STEP=2"}, "SLURM_ARRAY_TASK_ID is 7, want 1..5"},
		"slurm, steps of 0": {append([]string{"SLURM_ARRAY_TASK_STEP=0"}, slurm...),
			"SLURM_ARRAY_TASK_STEP is 0, want 1 or more"},
		"a sign":            {[]string{"TEST_SHARD_INDEX=+1", "TEST_TOTAL_SHARDS=3"}, `TEST_SHARD_INDEX is "+1"`},
		"slurm without min": {slurm[:2], "SLURM_ARRAY_TASK_MIN is not set"},
		"kubernetes":        {[]string{"JOB_COMPLETION_INDEX=7", "JOB_COMPLETIONS=8"}, "8/8"},
		"kubernetes, alone": {[]string{"JOB_COMPLETION_INDEX=7"},
			"JOB_COMPLETIONS is not set: set it in the manifest"},
		"bazel":         {[]string{"TEST_SHARD_INDEX=0", "TEST_TOTAL_SHARDS=3"}, "1/3"},
		"gitlab":        {[]string{"CI_NODE_INDEX=1", "CI_NODE_TOTAL=3"}, "1/3"},
		"gitlab from 0": {[]string{"CI_NODE_INDEX=0", "CI_NODE_TOTAL=3"}, "CI_NODE_INDEX is 0, want 1..3"},
		"beyond": {[]string{"TEST_SHARD_INDEX=3", "TEST_TOTAL_SHARDS=3"},
			"TEST_SHARD_INDEX is 3, want 0..2"},
		"no number": {[]string{"TEST_SHARD_INDEX=x", "TEST_TOTAL_SHARDS=3"}, `TEST_SHARD_INDEX is "x"`},
		"negative":  {[]string{"TEST_SHARD_INDEX=-1", "TEST_TOTAL_SHARDS=3"}, `TEST_SHARD_INDEX is "-1"`},
		"none":      {nil, "no scheduler in the environment"},
		"two": {append([]string{"CI_NODE_INDEX=1", "CI_NODE_TOTAL=3"}, slurm...),
			"more than one scheduler"},
		"an index of nothing": {[]string{"TEST_SHARD_INDEX=0", "TEST_TOTAL_SHARDS=0"},
			"TEST_TOTAL_SHARDS is 0, want 1 or more"},
	} {
		got, err := autoShard(env(c.env...))
		if err != nil {
			got = err.Error()
		}
		if err != nil && !strings.Contains(got, c.want) || err == nil && got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestShardAuto: the flag reads the environment, and tells the test runner so.
func TestShardAuto(t *testing.T) {
	for _, s := range schedulers { // this test may itself be run by one
		t.Setenv(s.index, "")
	}
	status := filepath.Join(t.TempDir(), "status")
	t.Setenv("TEST_SHARD_INDEX", "3")
	t.Setenv("TEST_TOTAL_SHARDS", "4")
	t.Setenv(shardStatus, status)
	code, out, stderr := verify("-shard", "auto", "-claims", "lemma1", "-cases", "1", "-climb", "0")
	if code != exitOK || !strings.Contains(out, "shard 4/4 is idle") {
		t.Errorf("exit %d, %s%s", code, out, stderr)
	}
	if _, err := os.Stat(status); err != nil {
		t.Error(err)
	}
	t.Setenv("TEST_TOTAL_SHARDS", "3")
	if code, _, stderr := verify("-shard", "auto"); code != exitUsage ||
		!strings.Contains(stderr, "TEST_SHARD_INDEX is 3") {
		t.Errorf("exit %d, %s", code, stderr)
	}
}
