package conform

import (
	"bytes"
	"fmt"
	"regexp"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

var mannersRule = &rule{
	name: "manners",
	explanation: "the engine leaves its last reply alone until it is asked again, and does not leave goroutines " +
		"behind: those that it keeps are no more after many requests than after few",
	always: fmt.Sprintf("%d steps after which it is given time; %d more, and goroutines are counted",
		patientSteps, leakSteps),
	labels: true,
	custom: func(s *session) {
		var jobs []*job
		for k := range patientSteps {
			m := s.maker.at(alwaysSeed, "manners", k)
			if j := m.job(m.template("curved", 2+k%4, both()), both()); j != nil {
				jobs = append(jobs, j)
			}
		}
		if len(jobs) == 0 {
			return
		}
		for _, j := range jobs {
			if !s.more() {
				return
			}
			s.ask(asking("patient", j), -1)
			time.Sleep(patience)
		}
		before := s.goroutines(0)
		for k := range leakSteps {
			if !s.more() {
				return
			}
			s.ask(asking("many", jobs[k%len(jobs)]), -1)
		}
		allowed := before + leakSteps/8
		if after := s.goroutines(allowed); after > allowed && !s.hung {
			s.fail(jobs[:1], "many", -1, &fault{
				kind: Wrong, quantity: "goroutines", index: -1,
				detail: fmt.Sprintf("%d goroutines of the engine are left after %d requests, %d were before", after,
					leakSteps, before),
			})
		}
	},
}

const (
	// patientSteps are steps after which the reply is watched for patience each.
	patientSteps = 8
	patience     = 2 * time.Millisecond
	// leakSteps is how many requests are asked between two counts. An eighth of as many
	// goroutines may stay: a pool may grow.
	leakSteps = 256
)

// settling is how long goroutines get to end. Tests of those that never end wait less.
var settling = 2 * time.Second

// leakLabel is the key of the profiler label that all goroutines of an engine inherit.
const leakLabel = "conform-session"

var sessions atomic.Int64

func newLabel() string { return strconv.FormatInt(sessions.Add(1), 10) }

// goroutines counts those that the engine started and that still run. It waits for
// them to end while there are more than allowed.
func (s *session) goroutines(allowed int) int {
	begun, pause := time.Now(), 10*time.Millisecond
	for {
		count := labelled(s.label)
		left := settling - time.Since(begun)
		if count <= allowed || left <= 0 {
			return count
		}
		time.Sleep(min(pause, left))
		pause *= 2 // a look at all goroutines is expensive
	}
}

var profileCount = regexp.MustCompile(`(?m)^(\d+) @`)

// labelled counts the goroutines with a label.
func labelled(label string) int {
	var b bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&b, 1); err != nil {
		return 0
	}
	want := fmt.Sprintf("%q:%q", leakLabel, label)
	total := 0
	for _, group := range strings.Split(b.String(), "\n\n") {
		if strings.Contains(group, want) {
			if m := profileCount.FindStringSubmatch(group); m != nil {
				n, _ := strconv.Atoi(m[1])
				total += n
			}
		}
	}
	return total
}
