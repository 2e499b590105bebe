package search

import (
	"fmt"
	"strings"
	"testing"
)

// TestMissingFields: a case that lacks a field is refused by its name; it would be written as null,
// which is refused.
func TestMissingFields(t *testing.T) {
	fields := []string{
		`"chain":[{"op":"linear","in":1,"out":1}]`, `"x":[3]`, `"w":[[2]]`, `"delta":[{"law":"zero"}]`,
		`"eps":[{"law":"zero"}]`,
	}
	for k := -1; k < len(fields); k++ {
		var have []string
		for j, f := range fields {
			if j != k {
				have = append(have, f)
			}
		}
		text := fmt.Sprintf(`{"version":1,"claim":"any","form":"printed","ratio":1,"case":{%s}}`, strings.Join(have, ","))
		_, err := ParseSaved([]byte(text))
		if k < 0 {
			if err != nil {
				t.Errorf("the whole case: %v", err)
			}
			continue
		}
		name, _, _ := strings.Cut(fields[k], ":")
		if err == nil || err.Error() != "saved case: case has no field "+name {
			t.Errorf("without %s: %v", name, err)
		}
	}
}
