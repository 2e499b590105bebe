package expect

func sq(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x * x)
	}
	return sum
}

// sqDiff is |a - b|^2.
func sqDiff(a, b []float64) float64 {
	sum := 0.0
	for k, x := range a {
		d := x - b[k]
		sum += float64(d * d)
	}
	return sum
}

func axpy(dst []float64, p float64, v []float64) {
	for k, x := range v {
		dst[k] += float64(p * x)
	}
}
