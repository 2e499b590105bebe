package rates

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Interval is an estimate with a 95 % confidence interval.
type Interval struct{ At, Lo, Hi float64 }

// fit fills Slope, Rate and Ratio from the points. The slope is that of least
// squares over the upper half of the range; its interval is the jackknife's that
// leaves out one group of replicates at a time.
func (r *Result) fit() {
	half := r.upper()
	var x, all []float64
	for _, p := range half {
		x = append(x, math.Log(float64(p.T)))
		all = append(all, math.Log(p.Left))
	}
	var without [Groups]float64
	for g := range Groups {
		var y []float64
		for _, p := range half {
			y = append(y, math.Log((p.Left*Groups-p.ByGroup[g])/(Groups-1)))
		}
		without[g] = slope(x, y)
	}
	r.Slope = jackknife(slope(x, all), without[:])
	r.Rate = r.slopeOf(func(p Point) float64 { return r.rate(p.T) })
	for _, p := range r.Points {
		r.Ratio = max(r.Ratio, p.Left/p.Right)
	}
}

// upper is the half of the range that slopes are taken of.
func (r *Result) upper() []Point { return r.Points[(len(r.Points)-1)/2:] }

// slopeOf is the slope of the logarithm of f against ln T.
func (r *Result) slopeOf(f func(Point) float64) float64 {
	var x, y []float64
	for _, p := range r.upper() {
		x = append(x, math.Log(float64(p.T)))
		y = append(y, math.Log(f(p)))
	}
	return slope(x, y)
}

// Over is the slope of left above that of right.
func (r *Result) Over(right func(Point) float64) Interval { return r.Slope.less(r.slopeOf(right)) }

func (i Interval) less(x float64) Interval { return Interval{i.At - x, i.Lo - x, i.Hi - x} }

// BeyondChance says that the excess lies above slopeMargin by more than chance explains.
func (i Interval) BeyondChance() bool { return i.At-sureOf95*(i.At-i.Lo) > slopeMargin }

func slope(x, y []float64) float64 {
	_, b := stat.LinearRegression(x, y, nil, false)
	return b
}

// jackknife is the estimate with the standard error sqrt((n-1)/n sum (s_i - mean)^2)
// of the n estimates that leave out one group each (Efron and Stein, Ann. Statist.
// 9(3), 1981), and Student's t with n-1 degrees of freedom.
func jackknife(at float64, without []float64) Interval {
	n := float64(len(without))
	mean, sum := stat.Mean(without, nil), 0.0
	for _, s := range without {
		sum += (s - mean) * (s - mean)
	}
	half := math.Sqrt((n-1)/n*sum) * distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}.Quantile(0.975)
	return Interval{at, at - half, at + half}
}
