// Command check reads Kubernetes manifests of jobs as the API server does, strictly: an
// unknown or repeated field is an error. It also holds what the manifest says twice
// against each other.
package main

import (
	"fmt"
	"os"
	"strconv"

	batchv1 "k8s.io/api/batch/v1"
	"sigs.k8s.io/yaml"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: check FILE ...")
		os.Exit(2)
	}
	for _, path := range os.Args[1:] {
		if err := check(path); err != nil {
			fmt.Fprintf(os.Stderr, "check: %s: %v\n", path, err)
			os.Exit(1)
		}
		fmt.Println(path, "is a valid job")
	}
}

func check(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var job batchv1.Job
	if err := yaml.UnmarshalStrict(data, &job); err != nil {
		return err
	}
	if job.APIVersion != "batch/v1" || job.Kind != "Job" {
		return fmt.Errorf("it is %s %s, want batch/v1 Job", job.APIVersion, job.Kind)
	}
	if m := job.Spec.CompletionMode; m == nil || *m != batchv1.IndexedCompletion || job.Spec.Completions == nil {
		return fmt.Errorf("want completionMode Indexed and completions")
	}
	for _, c := range job.Spec.Template.Spec.Containers {
		for _, e := range c.Env {
			if want := strconv.Itoa(int(*job.Spec.Completions)); e.Name == "JOB_COMPLETIONS" && e.Value != want {
				return fmt.Errorf("JOB_COMPLETIONS is %s, spec.completions %s", e.Value, want)
			}
		}
		if job.Spec.PodFailurePolicy == nil {
			return fmt.Errorf("no podFailurePolicy: want one, as 1 and 2 are not worth a retry")
		}
		for _, r := range job.Spec.PodFailurePolicy.Rules {
			if x := r.OnExitCodes; x != nil && x.ContainerName != nil && *x.ContainerName != c.Name {
				return fmt.Errorf("podFailurePolicy speaks of container %s, there is %s", *x.ContainerName, c.Name)
			}
		}
	}
	return nil
}
