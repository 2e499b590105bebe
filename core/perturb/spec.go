package perturb

// Spec describes a law in data.
type Spec struct{}
