package report

import (
	"io"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/internal/experiment/appendix"
	"github.com/cascade-sgd/cascade/props/internal/experiment/beyond"
	"github.com/cascade-sgd/cascade/props/internal/experiment/logistic"
	"github.com/cascade-sgd/cascade/props/internal/experiment/rates"
	"github.com/cascade-sgd/cascade/props/internal/experiment/sites"
	"github.com/cascade-sgd/cascade/props/internal/experiment/spikes"
	"github.com/cascade-sgd/cascade/props/internal/runs/tightness"
	"github.com/cascade-sgd/cascade/props/internal/table"
	"github.com/cascade-sgd/cascade/props/pages"
)

// FiguresPage is that of the experiments: the figures, and where a perturbation enters (section 5.3).
func FiguresPage(r *logistic.Result, seed uint64) (*table.Page, error) {
	page := r.Page(props.ExperimentClaims(), seed)
	more, err := sites.Page()
	page.Add(more...)
	return page, err
}

// RecordedFigures are the experiments at full size as on record in props/pages/figures.csv, which `verify figures`
// writes: hours of CPU on some machines, read in milliseconds.
func RecordedFigures() (*logistic.Result, error) {
	data, err := pages.FS.ReadFile(logistic.PointsFile)
	if err != nil {
		return nil, err
	}
	return logistic.ReadCSV(data, logistic.Figures(logistic.Recorded(logistic.PageSeed)))
}

// Pages write the pages that are made without a search, as Markdown.
var Pages = map[string]func(w io.Writer, seed uint64) error{
	"theorem1": func(w io.Writer, _ uint64) error { return tightness.Theorem1().Markdown(w) },
	"constants": func(w io.Writer, _ uint64) error {
		page, err := tightness.Constants()
		if err != nil {
			return err
		}
		return page.Markdown(w)
	},
	"table1": func(w io.Writer, seed uint64) error {
		o := rates.Full
		o.Seed = seed
		results, err := rates.Run(rates.Scenarios(), o)
		if err != nil {
			return err
		}
		return rates.Page(results).Markdown(w)
	},
	"spikes": func(w io.Writer, seed uint64) error {
		r, err := spikes.Run(spikes.Full(seed))
		if err != nil {
			return err
		}
		return r.Page().Markdown(w)
	},
	"figures": func(w io.Writer, seed uint64) error {
		r, err := RecordedFigures()
		if err != nil {
			return err
		}
		page, err := FiguresPage(r, seed)
		if err != nil {
			return err
		}
		return page.Markdown(w)
	},
	"valid": func(w io.Writer, _ uint64) error {
		counts, err := ValidOnDisk()
		if err != nil {
			return err
		}
		return ValidPage(counts).Markdown(w)
	},
	"feedback": func(w io.Writer, seed uint64) error {
		return beyond.FeedbackPage(props.BeyondClaims(), seed).Markdown(w)
	},
	"memories": func(w io.Writer, seed uint64) error {
		return beyond.MemoriesPage(props.BeyondClaims(), seed).Markdown(w)
	},
	"saved": func(w io.Writer, seed uint64) error {
		return beyond.SavedPage(props.BeyondClaims(), seed).Markdown(w)
	},
	"momentum": func(w io.Writer, seed uint64) error {
		return beyond.MomentumPage(props.BeyondClaims(), seed).Markdown(w)
	},
	"counterexamples": func(w io.Writer, seed uint64) error {
		return appendix.Page(props.AppendixClaims(), seed).Markdown(w)
	},
	"growth": func(w io.Writer, _ uint64) error {
		g, on, err := growthAndRecord()
		if err != nil {
			return err
		}
		return GrowthPage(g, on).Markdown(w)
	},
	"curves": func(w io.Writer, _ uint64) error {
		g, on, err := growthAndRecord()
		if err != nil {
			return err
		}
		return GrowthSVG(w, g, on)
	},
}

// growthAndRecord are what the page of growth is made of.
func growthAndRecord() (*Growth, Record, error) {
	on, err := OnDisk()
	if err != nil {
		return nil, nil, err
	}
	g, err := GrowthOnDisk()
	return g, on, err
}
