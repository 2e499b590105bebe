package trace

import (
	"context"
	"errors"
	"io"
	"sync"
)

// crew judges the steps of a record side by side. A worker reads a step, which one does at a time, judges it as far as
// no other step is needed, and takes it into the run when all before it are: what comes of it does not depend on how
// many workers there are, and a step stays in the cache of one processor.
type crew struct {
	*runJudge
	ctx  context.Context
	from source
	one  []block // of the step that is taken in

	reading sync.Mutex    // guards what follows
	ended   bool          // nothing more is read
	err     error         // of reading
	stopped error         // of ctx
	count   int           // steps that were read
	last    chan struct{} // closed when the last step that was read is taken in
	casts   bool

	over bool // nothing behind the steps that were taken in can be judged
}

// slot is a step on its way.
type slot struct {
	step    Step
	exact   *exactPass
	judge   *stepJudge
	got     measured
	k       int
	before  chan struct{} // closed when the one before is taken in, nil for the first step
	settled chan struct{} // closed when it is
}

// smallStep is how many numbers a step may have for more than two to be judged at a time.
const smallStep = 1 << 20

// all judges the steps of a source, by that many workers at most.
func (r *runJudge) all(ctx context.Context, from source, workers int) (*Judgement, error) {
	c := &crew{runJudge: r, ctx: ctx, from: from}
	at := &slot{judge: r.stepJudge}
	s, a := r.shape, r.stepJudge.apart
	if more := c.read(at); more {
		var others sync.WaitGroup
		if r.numbers(at.step.B) > float64(r.small) {
			workers = min(workers, 2)
		}
		for range workers - 1 {
			others.Go(func() {
				other := &slot{judge: newStepJudge(s, a)}
				for more := c.read(other); more; more = c.read(other) {
					c.take(other)
				}
			})
		}
		for ; more; more = c.read(at) {
			c.take(at)
		}
		others.Wait()
	}
	if c.err != nil && !c.over {
		return nil, c.err
	}
	r.finish()
	return r.out, c.stopped
}

// read reads a step; false: there is none.
func (c *crew) read(at *slot) bool {
	c.reading.Lock()
	defer c.reading.Unlock()
	if c.ended {
		return false
	}
	if c.stopped = c.ctx.Err(); c.stopped != nil {
		c.ended = true
		return false
	}
	if err := c.from.Next(&at.step); err != nil {
		c.ended = true
		if !errors.Is(err, io.EOF) {
			c.err = err
		}
		return false
	}
	if c.count == 0 {
		c.casts = c.shape.castsWeights(&at.step)
	}
	at.judge.model.castsW = c.casts
	at.k, at.before, at.settled = c.count, c.last, make(chan struct{})
	c.last = at.settled
	c.count++
	return true
}

// take judges a step that was read.
func (c *crew) take(at *slot) {
	at.exact = at.judge.exacts.take(at.exact, &at.step, at.step.W)
	at.got = at.judge.measure(&at.step, at.exact)
	if at.before != nil {
		<-at.before
	}
	if !c.over && !c.step(at, &c.one) {
		c.over = true
		c.reading.Lock()
		c.ended = true
		c.reading.Unlock()
	}
	close(at.settled)
}
