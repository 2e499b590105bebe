package cert_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	data, err := os.ReadFile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSchema: what a checker accepts has the layout of the schema, and what is refused
// for its layout has not.
func TestSchema(t *testing.T) {
	s := schema(t)
	file := readVectors(t)
	// Words of the Go checker on what a schema can see.
	layout := []string{": unknown key", ", want a string", ", want a number", ", want an object", ", want an array",
		": missing",
		"is not of the form", "unknown operator", "has no such field", "in other case", "unknown claim",
		"printable ASCII"}
	valid, caught := 0, 0
	for _, g := range file.TestGroups {
		for _, v := range g.Tests {
			doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(v.data(t)))
			if err != nil {
				if v.Result == "valid" {
					t.Errorf("%s: %v", v.Comment, err)
				}
				continue
			}
			err = s.Validate(doc)
			switch {
			case v.Result == "valid":
				valid++
				if err != nil {
					t.Errorf("%s: accepted, but %v", v.Comment, err)
				}
			case err != nil:
				caught++
			default:
				for _, words := range layout {
					// What a field is for depends on the claim.
					if strings.Contains(v.Reason, words) && !strings.HasPrefix(v.Reason, "at.given: ") &&
						!dependsOnClaim(v.Reason) {
						t.Errorf("%s: the schema allows what is refused: %s", v.Comment, v.Reason)
					}
				}
			}
		}
	}
	t.Logf("%d accepted certificates have the layout, %d refused ones have not", valid, caught)
	const least = 60
	if valid < least || caught < least {
		t.Errorf("%d and %d vectors, want %d of each", valid, caught, least)
	}
}

// dependsOnClaim: a claim wants the field, or another kind of side.
func dependsOnClaim(reason string) bool {
	for _, place := range []string{"reading: missing", "run.mu: missing", "lhs: ", "rhs: "} {
		if strings.HasPrefix(reason, place) {
			return true
		}
	}
	return false
}
