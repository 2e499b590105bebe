package props

// RunReport is the row of one training run.
type RunReport struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
}
