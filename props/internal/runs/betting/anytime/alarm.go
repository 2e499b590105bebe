package anytime

// Alarm is a Test of which nothing is asked but whether it has rejected at one level: it multiplies where Test adds
// logarithms. The zero value is ready.
type Alarm struct {
	wealth [len(bets)]float64 // of each bet from below, over 2^(wealthUnit low)
	low    [len(bets)]int32   // at most 0
	n      int
	rung   bool
}

const (
	wealthUnit = 600
	// keeps is what is left of the wealth at every observation: see logError
	keeps = 1 - logError
)

// Observe is Test.Observe; alpha is the level, the same at all observations. It panics unless 0 < alpha < 1.
func (a *Alarm) Observe(x, bound, alpha float64) error {
	mustLevel(alpha)
	if err := promised(x, bound, a.n); err != nil {
		return err
	}
	if a.n == 0 {
		for k := range a.wealth {
			a.wealth[k] = 1
		}
	}
	a.n++
	r := x / bound
	sum := 0.0
	for k, b := range bets {
		w := a.wealth[k] * (1 + float64(b*r)) * keeps
		switch {
		case w < 0x1p-600:
			w *= 0x1p600
			a.low[k]--
		case a.low[k] == 0:
			sum += w
		case w >= 0x1p100:
			w *= 0x1p-600
			a.low[k]++
		}
		a.wealth[k] = w
	}
	a.rung = a.rung || float64(sum*keeps) >= float64(len(bets))/alpha
	return nil
}

// Rejected reports that the wealth has reached 1/alpha at some time.
func (a *Alarm) Rejected() bool { return a.rung }
