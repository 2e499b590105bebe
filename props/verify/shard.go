package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// scheduler is how one kind of scheduler tells a task which part of the work is its own.
type scheduler struct {
	name         string
	index, count string // variables
	first        string // variable with the smallest index, "" where origin is the smallest
	step         string // variable with the distance of indices, where they may have one
	origin       int
	help         string // when the count is missing
}

// schedulers are those that -shard auto knows. Kubernetes tells a pod its index alone: the
// manifest sets the count.
var schedulers = []scheduler{
	{name: "Slurm job array", index: "SLURM_ARRAY_TASK_ID", count: "SLURM_ARRAY_TASK_COUNT",
		first: "SLURM_ARRAY_TASK_MIN", step: "SLURM_ARRAY_TASK_STEP"},
	{name: "Kubernetes indexed job", index: "JOB_COMPLETION_INDEX", count: "JOB_COMPLETIONS",
		help: ": set it in the manifest to spec.completions"},
	{name: "Bazel test shards", index: "TEST_SHARD_INDEX", count: "TEST_TOTAL_SHARDS"},
	{name: "GitLab parallel job", index: "CI_NODE_INDEX", count: "CI_NODE_TOTAL", origin: 1},
}

// shardStatus is the variable with the file that a test runner wants touched by a program
// that knows of its shards.
const shardStatus = "TEST_SHARD_STATUS_FILE"

// autoShard is i/n as the environment says, which must name one scheduler. An error names
// the variable and its value.
func autoShard(getenv func(string) string) (string, error) {
	var found []string
	var shard string
	for _, s := range schedulers {
		if getenv(s.index) == "" {
			continue
		}
		i, n, err := s.read(getenv)
		if err != nil {
			return "", fmt.Errorf("%s: %w", s.name, err)
		}
		found = append(found, s.index)
		shard = fmt.Sprintf("%d/%d", i+1, n)
	}
	switch len(found) {
	case 0:
		var known []string
		for _, s := range schedulers {
			known = append(known, s.index)
		}
		return "", fmt.Errorf("no scheduler in the environment, want one of %s", strings.Join(known, ", "))
	case 1:
		return shard, nil
	}
	return "", fmt.Errorf("more than one scheduler in the environment: %s", strings.Join(found, ", "))
}

// read gives i = 0..n-1 and n.
func (s *scheduler) read(getenv func(string) string) (i, n int, err error) {
	number := func(name string) (int, error) {
		text := getenv(name)
		if text == "" {
			return 0, fmt.Errorf("%s is not set%s", name, s.help)
		}
		v, err := strconv.Atoi(text)
		if err != nil || v < 0 || text[0] == '+' {
			return 0, fmt.Errorf("%s is %s, want a whole number from 0 on", name, strict.Quote(text))
		}
		return v, nil
	}
	first := s.origin
	if s.first != "" {
		if first, err = number(s.first); err != nil {
			return 0, 0, err
		}
	}
	if i, err = number(s.index); err != nil {
		return 0, 0, err
	}
	if n, err = number(s.count); err != nil {
		return 0, 0, err
	}
	if n == 0 {
		return 0, 0, fmt.Errorf("%s is 0, want 1 or more", s.count)
	}
	step := 1
	if s.step != "" && getenv(s.step) != "" {
		if step, err = number(s.step); err != nil {
			return 0, 0, err
		}
		if step == 0 {
			return 0, 0, fmt.Errorf("%s is 0, want 1 or more", s.step)
		}
	}
	if i < first || (i-first)/step >= n {
		return 0, 0, fmt.Errorf("%s is %d, want %d..%d", s.index, i, first, first+(n-1)*step)
	}
	if (i-first)%step != 0 {
		return 0, 0, fmt.Errorf("%s is %d, want %d and a multiple of %d", s.index, i, first, step)
	}
	return (i - first) / step, n, nil
}

// touchShardStatus says to the test runner that the shard was asked for.
func touchShardStatus(getenv func(string) string) error {
	path := getenv(shardStatus)
	if path == "" {
		return nil
	}
	if err := strict.AppendFile(path, nil); err != nil {
		return fmt.Errorf("%s: %w", shardStatus, err)
	}
	return nil
}
