package conform

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/faults.md anew; without -full keep what is on record")

const tableFile = "testdata/faults.md"

// foundBy lists the rules whose cases that are always asked find a fault with every seed.
func foundBy(b plantedFault) map[string]bool {
	found := map[string]bool{}
	for _, r := range rules {
		found[r.name] = true
		for seed := uint64(1); seed <= seeds && found[r.name]; seed++ {
			found[r.name] = b.isFound(r, seed)
		}
		if !found[r.name] {
			delete(found, r.name)
		}
	}
	return found
}

// recorded is the table on record: the rows by the names of the faults.
func recorded(t *testing.T) (header []string, rows map[string]string) {
	data, err := os.ReadFile(tableFile)
	if err != nil {
		t.Fatal(err)
	}
	rows = map[string]string{}
	for _, line := range strings.Split(string(data), "\n") {
		if !strings.HasPrefix(line, "| ") {
			continue
		}
		if cells := cellsOf(line); header == nil {
			header = cells
		} else {
			rows[cells[0]] = line
		}
	}
	return header, rows
}

func cellsOf(line string) []string {
	cells := strings.Split(strings.Trim(line, "|"), "|")
	for k := range cells {
		cells[k] = strings.TrimSpace(cells[k])
	}
	return cells
}

// faultTable is the table of faults by rules; rows that are known are not found anew.
func faultTable(known map[string]string) string {
	kept.first = true
	defer func() { kept.first = false }()
	var b strings.Builder
	fmt.Fprintf(&b, "# Planted faults by rule\n\n%d engines with a fault. x: found by the cases that a rule always "+
		"asks, with each of %d seeds; bold: by those of no other rule.\n\n", len(broken), seeds)
	fmt.Fprintf(&b, "| fault | %s |\n|---%s|\n", strings.Join(RuleNames(), " | "), strings.Repeat("|---", len(rules)))
	last := ""
	for _, f := range broken {
		if row := known[f.name]; row != "" {
			b.WriteString(row + "\n")
			continue
		}
		if p := fmt.Sprint(f.make().(Describer).Describe()); p != last {
			kept.forget() // one precision's requests at a time
			last = p
		}
		found := foundBy(f)
		var cells []string
		for _, r := range rules {
			switch {
			case !found[r.name]:
				cells = append(cells, "")
			case len(found) == 1:
				cells = append(cells, "**x**")
			default:
				cells = append(cells, "x")
			}
		}
		fmt.Fprintf(&b, "| %s | %s |\n", f.name, strings.Join(cells, " | "))
	}
	kept.forget()
	return b.String()
}

// TestFaultTable: the table on record is what the gate finds.
func TestFaultTable(t *testing.T) {
	if !*full && !*update {
		t.Skip("with -full or -update")
	}
	header, known := recorded(t)
	if *full || !slices.Equal(header[1:], RuleNames()) {
		known = nil
	}
	got := faultTable(known)
	if *update {
		if err := os.WriteFile(tableFile, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(tableFile)
	if err != nil || got != string(want) {
		t.Errorf("%s is not what the gate finds (error %v); run with -update and look at what changed", tableFile, err)
	}
}

// TestEveryRuleIsNeeded: the table on record has a row for each planted fault, found by
// the rule it is planted for, and for each rule a fault that no other finds.
func TestEveryRuleIsNeeded(t *testing.T) {
	header, rows := recorded(t)
	if len(header) == 0 || !slices.Equal(header[1:], RuleNames()) {
		t.Fatalf("the table has the rules %v, the suite %v", header, RuleNames())
	}
	alone := map[string]bool{}
	found := map[string][]string{}
	for name, row := range rows {
		found[name] = []string{}
		for k, cell := range cellsOf(row)[1:] {
			if strings.Contains(cell, "x") {
				found[name] = append(found[name], header[k+1])
				alone[header[k+1]] = alone[header[k+1]] || strings.Contains(cell, "**")
			}
		}
	}
	for _, b := range broken {
		if rules, ok := found[b.name]; !ok || !slices.Contains(rules, b.rule) {
			t.Errorf("%s: on record as found by %v, want %s among them", b.name, rules, b.rule)
		}
	}
	for _, r := range rules {
		if !alone[r.name] {
			t.Errorf("rule %s: no planted fault is found by it alone", r.name)
		}
	}
	if len(found) != len(broken) {
		t.Errorf("%d faults on record, %d planted", len(found), len(broken))
	}
}
