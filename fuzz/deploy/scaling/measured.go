package main

// The seconds of one core that a unit takes, by measurement: first those that are done
// once, then those of a batch of 1000 cases with climbs of 1000 evaluations, and one of far
// cases for every four batches. Measured with GOMAXPROCS=1 verify -units N -json FILE, the
// start of the command included: N = 1, 2, then 3 to 6, and 19.
var (
	once  = []float64{13.8, 0.65}           // claims that judge themselves, long runs
	batch = []float64{15.2, 0.9, 0.06, 6.5} // claims of kind step, nodes, linear, training
)

const (
	far        = 4
	farBatches = 4
)

// A price is what 1000 cases cost with a number of claims, in seconds of a core: GOMAXPROCS=1
// verify -cases 1000 -units N -climb C, for C of 0 and 1000.
type price struct {
	what          string
	claims        int
	draws, climbs float64
}

var (
	passes = []price{{"a pass", 1, 0.16, 0.35}, {"a pass", 13, 0.25, 2.8}, {"a pass", 98, 1.21, 15.2}}
	runs   = []price{{"runs", 1, 1.67, 1.83}, {"runs", 33, 2.64, 6.5}}
)

// sought is what was found of the planted claims of a seed, in the order N, width, log N, T: the
// size from which on a claim fails; violations in the far unit of a default search, and the
// units within which a campaign finds the claim; 0 where it does not, nil where it was not run.
type sought struct {
	seed, n, width, steps int
	violated, units       []int
}

var beyond = []sought{
	{1, 48, 10, 437_295, []int{2, 11, 9, 2}, []int{80, 24, 60, 24}},
	{2, 19, 48, 323_364, []int{8, 1, 10, 2}, []int{24, 68, 24, 24}},
	{3, 22, 25, 45_149, []int{5, 11, 9, 7}, []int{60, 24, 60, 24}},
	{4, 39, 41, 205_465, []int{4, 2, 15, 5}, []int{76, 60, 24, 24}},
	{5, 38, 29, 150_234, []int{5, 8, 12, 8}, []int{24, 64, 24, 24}},
}
