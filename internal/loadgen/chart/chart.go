// Package chart draws how long calls took.
package chart

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"callfn/internal/loadgen"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// Formats are what Write draws, by the ends of files' names.
func Formats() []string { return []string{"svg", "png"} }

// FormatOf is the format that a file's name asks for; an error names the possible ones.
func FormatOf(name string) (string, error) {
	format := strings.TrimPrefix(strings.ToLower(filepath.Ext(name)), ".")
	for _, known := range Formats() {
		if format == known {
			return format, nil
		}
	}
	return "", fmt.Errorf("%s: want a name that ends with .%s", name, strings.Join(Formats(), " or ."))
}

// colours are told apart by people who see red and green alike, too (Okabe and Ito's palette).
var colours = []color.Color{
	color.RGBA{0, 114, 178, 255},
	color.RGBA{230, 159, 0, 255},
	color.RGBA{0, 158, 115, 255},
	color.RGBA{213, 94, 0, 255},
	color.RGBA{204, 121, 167, 255},
	color.RGBA{86, 180, 233, 255},
	color.RGBA{0, 0, 0, 255},
}

// Write draws, for each target, the time that a share of its good calls did not exceed: the share to the right, in
// nines; the time upwards, both logarithmic. subtitle says what was done.
func Write(w io.Writer, format, subtitle string, results []loadgen.Result) error {
	p := plot.New()
	p.Title.Text = "How long calls took\n" + subtitle
	p.Title.TextStyle.Font.Size = 14
	p.Title.Padding = 10
	p.X.Label.Text = "share of calls that took no longer"
	p.Y.Label.Text = "milliseconds"
	p.X.Label.Padding, p.Y.Label.Padding = 6, 6
	p.X.Tick.Marker, p.Y.Tick.Marker = shares{}, decades{}
	p.Y.Scale = plot.LogScale{}
	p.Add(grid())
	p.Legend.Top, p.Legend.Left = true, true
	p.Legend.Padding, p.Legend.XOffs, p.Legend.YOffs = 3, 8, -6
	least, most := math.Inf(1), math.Inf(-1)
	for i, r := range results {
		points := curve(r)
		if len(points) == 0 {
			continue
		}
		for _, at := range points {
			least, most = min(least, at.Y), max(most, at.Y)
		}
		line, err := plotter.NewLine(points)
		if err != nil {
			return err
		}
		line.Color, line.Width = colours[i%len(colours)], vg.Points(2)
		line.Dashes = dashes[i/len(colours)%len(dashes)]
		p.Add(line)
		p.Legend.Add(r.Name, line)
	}
	if math.IsInf(least, 1) {
		return fmt.Errorf("no call came back: there is nothing to draw")
	}
	p.Y.Min, p.Y.Max = decadeBelow(least), decadeAbove(most)
	p.X.Min = 0
	drawing, err := p.WriterTo(22*vg.Centimeter, 14*vg.Centimeter, format)
	if err != nil {
		return err
	}
	_, err = drawing.WriteTo(w)
	return err
}

var dashes = [][]vg.Length{nil, {vg.Points(6), vg.Points(3)}, {vg.Points(2), vg.Points(2)}}

// curve is a target's quantiles, up to the last that its calls can tell.
func curve(r loadgen.Result) plotter.XYs {
	var points plotter.XYs
	if r.Good.Count() == 0 {
		return nil
	}
	end := math.Log10(float64(r.Good.Count()))
	for x := 0.0; x <= end; x += 0.01 {
		took := r.Good.Quantile(1 - math.Pow(10, -x))
		points = append(points, plotter.XY{X: x, Y: max(float64(took)/float64(time.Millisecond), 0.001)})
	}
	return points
}

func grid() *plotter.Grid {
	g := plotter.NewGrid()
	pale := color.Gray{220}
	g.Vertical.Color, g.Horizontal.Color = pale, pale
	return g
}

// shares marks the axis of shares, on which 0 is none, 1 is 90 %, 2 is 99 % and so on.
type shares struct{}

// Ticks implements plot.Ticker.
func (shares) Ticks(_, most float64) []plot.Tick {
	ticks := []plot.Tick{{Value: 0, Label: "0 %"}, {Value: -math.Log10(0.5), Label: "50 %"}}
	for n := 1; float64(n) <= most; n++ {
		label := "90 %"
		if n > 1 {
			label = strconv.FormatFloat(100-100*math.Pow(10, -float64(n)), 'f', n-2, 64) + " %"
		}
		ticks = append(ticks, plot.Tick{Value: float64(n), Label: label})
	}
	return ticks
}

// decades marks 1, 2 and 5 of every power of ten.
type decades struct{}

// Ticks implements plot.Ticker.
func (decades) Ticks(least, most float64) []plot.Tick {
	var ticks []plot.Tick
	for e := math.Floor(math.Log10(least)); e <= math.Ceil(math.Log10(most)); e++ {
		for _, digit := range []float64{1, 2, 5} {
			if value := digit * math.Pow(10, e); value >= least*0.999 && value <= most*1.001 {
				ticks = append(ticks, plot.Tick{Value: value, Label: strconv.FormatFloat(value, 'g', 3, 64)})
			}
		}
	}
	return ticks
}

// decadeBelow is the next of 1, 2 and 5 times a power of ten that is not above; decadeAbove that is not below.
func decadeBelow(x float64) float64 { return step(x, -1) }
func decadeAbove(x float64) float64 { return step(x, 1) }

func step(x float64, direction int) float64 {
	e := math.Pow(10, math.Floor(math.Log10(x)))
	if direction < 0 {
		for _, digit := range []float64{5, 2, 1} {
			if digit*e <= x {
				return digit * e
			}
		}
		return e
	}
	for _, digit := range []float64{1, 2, 5} {
		if digit*e >= x {
			return digit * e
		}
	}
	return 10 * e
}
