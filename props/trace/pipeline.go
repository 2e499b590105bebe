package trace

import "runtime"

// pipeline reads the steps of a record, judges them side by side and gives them in their order, so that what is made
// of them does not depend on how many workers there are.
type pipeline struct {
	free    chan *slot // to be filled
	todo    chan *slot // read, to be judged by any worker
	ordered chan *slot // the same, in their order
	last    *slot
	done    chan struct{}
	ended   chan struct{} // of the reader and of each worker
	parts   int           // how many of them there are
}

// slot is a step on its way.
type slot struct {
	step  Step
	exact *exactPass
	judge *stepJudge
	got   measured
	err   error         // of reading it
	ready chan struct{} // it is judged, or err is there
}

const (
	maxWorkers = 4       // reading and what is done in order keep no more of them busy
	smallStep  = 1 << 20 // numbers: larger steps are no more at a time than one that is judged and one that is read
)

// newPipeline begins to read steps; a is what the judges of all steps share.
func newPipeline(from source, s *shape, a *apart) *pipeline {
	workers := min(runtime.GOMAXPROCS(0), maxWorkers)
	most := workers + 2
	if workers == 1 {
		most = 2 // more would not stay in the cache
	}
	p := &pipeline{free: make(chan *slot, most), todo: make(chan *slot, most), ordered: make(chan *slot, most),
		done: make(chan struct{}), ended: make(chan struct{}, workers+1), parts: workers + 1}
	slots := func(count int) {
		for range count {
			p.free <- &slot{judge: newStepJudge(s, a), ready: make(chan struct{}, 1)}
		}
	}
	slots(2)
	go func() {
		defer func() { close(p.todo); p.ended <- struct{}{} }()
		casts := false
		for first := true; ; first = false {
			var at *slot
			select {
			case at = <-p.free:
			case <-p.done:
				return
			}
			at.err = from.Next(&at.step)
			p.ordered <- at
			if at.err != nil {
				at.ready <- struct{}{}
				return
			}
			if first {
				casts = s.castsWeights(&at.step)
				if s.numbers(at.step.B) <= smallStep {
					slots(most - 2)
				}
			}
			at.judge.model.castsW = casts
			p.todo <- at
		}
	}()
	for range workers {
		go func() {
			defer func() { p.ended <- struct{}{} }()
			for at := range p.todo {
				at.measure()
				at.ready <- struct{}{}
			}
		}()
	}
	return p
}

// measure makes the exact pass of the step and judges it, as far as no other step is needed.
func (at *slot) measure() {
	at.exact = at.judge.exacts.take(at.exact, &at.step, at.step.W)
	at.got = at.judge.measure(&at.step, at.exact)
}

// next gives the next step, which is lent until the next call.
func (p *pipeline) next() (*slot, error) {
	if p.last != nil {
		if p.last.err != nil {
			return nil, p.last.err
		}
		p.free <- p.last
	}
	p.last = <-p.ordered
	<-p.last.ready
	return p.last, p.last.err
}

// stop waits until nothing is read and nothing judged any more.
func (p *pipeline) stop() {
	close(p.done)
	for range p.parts {
		<-p.ended
	}
}
