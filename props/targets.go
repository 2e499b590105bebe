package props

import "github.com/cascade-sgd/cascade/props/claim"

// Target is a native fuzz target of claims, in package fuzz: its name, the kind of its
// claims, and which of them are its own. Each claim that is searched has one target.
type Target struct {
	Name string
	Kind claim.Kind
	owns func(c *claim.Claim) bool
}

// Targets are the fuzz targets of claims.
func Targets() []Target {
	return []Target{
		{"FuzzPropagation", claim.Step, func(c *claim.Claim) bool {
			return c.Reading == claim.AnyReading && !c.OfLargest
		}},
		{"FuzzBias", claim.Step, func(c *claim.Claim) bool { return c.Reading != claim.AnyReading }},
		{"FuzzSpike", claim.Step, func(c *claim.Claim) bool { return c.OfLargest }},
		{"FuzzNodes", claim.Nodes, func(*claim.Claim) bool { return true }},
		{"FuzzLinear", claim.Linear, func(*claim.Claim) bool { return true }},
		{"FuzzDescent", claim.Training, func(c *claim.Claim) bool { return c.FirstStep }},
		{"FuzzHorizon", claim.Training, func(c *claim.Claim) bool { return !c.FirstStep }},
	}
}

// Owns reports that the claim is one of the target's.
func (t *Target) Owns(c *claim.Claim) bool { return c.Kind == t.Kind && t.owns(c) }
