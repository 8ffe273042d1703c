package loadgen

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// WriteText writes a report for people: a line a target, then time that was stolen, failures by outcome, and how the
// others compare with the first.
func WriteText(w io.Writer, results []Result) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(t, "ok calls/s\tp50\tp95\tp99\tmax\tcalls\tfailed\t  target")
	for _, r := range results {
		_, _ = fmt.Fprintf(t, "%.0f\t%s\t%s\t%s\t%s\t%d\t%s\t  %s\n", r.Rate(), quantile(r.Good, 0.5), quantile(r.Good, 0.95),
			quantile(r.Good, 0.99),
			milliseconds(r.Good.Max()), r.Calls(), percent(r.FailedShare()), r.Name)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, r := range results {
		if r.Stolen < minStolen {
			continue
		}
		if _, err := fmt.Fprintf(w, "steal, %s: the hypervisor kept %s of this machine's processor time from it: some of "+
			"these times are its doing\n", r.Name, percent(r.Stolen)); err != nil {
			return err
		}
	}
	for _, r := range results {
		if r.Bad.Count() == 0 {
			continue
		}
		var all []string
		for _, outcome := range sorted(r.Outcomes) {
			if outcome != OK {
				all = append(all, fmt.Sprintf("%s %d", outcome, r.Outcomes[outcome]))
			}
		}
		if _, err := fmt.Fprintf(w, "failed, %s: %s; told after p50 %s, p99 %s\n", r.Name, strings.Join(all, ", "),
			quantile(r.Bad, 0.5), quantile(r.Bad, 0.99)); err != nil {
			return err
		}
	}
	return writeRatios(w, results)
}

// minStolen is the share of stolen time from which on the report mentions it.
const minStolen = 0.01

func writeRatios(w io.Writer, results []Result) error {
	if len(results) < 2 {
		return nil
	}
	if _, err := fmt.Fprintf(w, "\ncompared with %s, median of %d rounds:\n", results[0].Name,
		len(results[0].Rounds)); err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(t, "ok calls/s\tp50\tp99\t  target")
	for _, r := range results[1:] {
		x := r.RatioTo(results[0])
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t  %s\n", times(x.Rate), times(x.P50), times(x.P99), r.Name)
	}
	return t.Flush()
}

// times writes a ratio; – where there is none.
func times(x float64) string {
	if x == 0 {
		return "–"
	}
	return "× " + strconv.FormatFloat(x, 'f', 2, 64)
}

func percent(share float64) string { return strconv.FormatFloat(share*100, 'f', 2, 64) + " %" }

func quantile(t Times, share float64) string {
	if t.Count() == 0 {
		return "–"
	}
	return milliseconds(t.Quantile(share))
}

// milliseconds writes a time in milliseconds, as every time of a report.
func milliseconds(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	digits := 2
	if ms >= 100 {
		digits = 0
	}
	return strconv.FormatFloat(ms, 'f', digits, 64) + " ms"
}

func sorted(outcomes map[string]uint64) []string {
	var all []string
	for outcome := range outcomes {
		all = append(all, outcome)
	}
	slices.Sort(all)
	return all
}

// row is a target in reports for machines. Times are in microseconds.
type row struct {
	Target    string            `json:"target"`
	Round     int               `json:"round"` // from 1; 0 for all together
	Seconds   float64           `json:"seconds"`
	Calls     uint64            `json:"calls"`
	Failed    uint64            `json:"failed"`
	OKRate    float64           `json:"ok_calls_per_second"`
	P50       int64             `json:"p50_us"`
	P95       int64             `json:"p95_us"`
	P99       int64             `json:"p99_us"`
	Max       int64             `json:"max_us"`
	FailedP99 int64             `json:"failed_p99_us"`
	Stolen    float64           `json:"stolen_share"`
	Outcomes  map[string]uint64 `json:"outcomes"`
	Ratio     *jsonRatio        `json:"compared_with_first,omitempty"`
}

type jsonRatio struct {
	Rate float64 `json:"ok_calls_per_second"`
	P50  float64 `json:"p50"`
	P99  float64 `json:"p99"`
}

func rowOf(name string, round int, r Round) row {
	return row{
		Target: name, Round: round, Seconds: r.Elapsed.Seconds(), Calls: r.Calls(), Failed: r.Bad.Count(), OKRate: r.Rate(),
		P50: r.Good.Quantile(0.5).Microseconds(), P95: r.Good.Quantile(0.95).Microseconds(),
		P99: r.Good.Quantile(0.99).Microseconds(),
		Max: r.Good.Max().Microseconds(), FailedP99: r.Bad.Quantile(0.99).Microseconds(), Stolen: r.Stolen,
		Outcomes: r.Outcomes,
	}
}

// WriteJSON writes an array of objects, one a target, all rounds together; the others with how they compare with the
// first.
func WriteJSON(w io.Writer, results []Result) error {
	rows := []row{}
	for i, r := range results {
		one := rowOf(r.Name, 0, r.Round)
		if i > 0 {
			x := r.RatioTo(results[0])
			one.Ratio = &jsonRatio{x.Rate, x.P50, x.P99}
		}
		rows = append(rows, one)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(rows)
}

// WriteCSV writes a line for each round of each target, for spreadsheets. Outcomes are "outcome=count" with spaces
// between.
func WriteCSV(w io.Writer, results []Result) error {
	c := csv.NewWriter(w)
	_ = c.Write([]string{
		"target", "round", "seconds", "calls", "failed", "ok_calls_per_second", "p50_us", "p95_us",
		"p99_us", "max_us", "failed_p99_us", "outcomes", "stolen_share",
	})
	for _, r := range results {
		for i, one := range r.Rounds {
			x := rowOf(r.Name, i+1, one)
			var outcomes []string
			for _, outcome := range sorted(x.Outcomes) {
				outcomes = append(outcomes, fmt.Sprintf("%s=%d", outcome, x.Outcomes[outcome]))
			}
			_ = c.Write([]string{
				x.Target, strconv.Itoa(x.Round), decimal(x.Seconds), strconv.FormatUint(x.Calls, 10),
				strconv.FormatUint(x.Failed, 10), decimal(x.OKRate),
				strconv.FormatInt(x.P50, 10), strconv.FormatInt(x.P95, 10), strconv.FormatInt(x.P99, 10),
				strconv.FormatInt(x.Max, 10), strconv.FormatInt(x.FailedP99, 10), strings.Join(outcomes, " "), decimal(x.Stolen),
			})
		}
	}
	c.Flush()
	return c.Error()
}

func decimal(x float64) string { return strconv.FormatFloat(x, 'f', 3, 64) }
