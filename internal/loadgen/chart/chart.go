// Package chart draws how long calls took, as SVG.
package chart

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"
	"time"

	"callfn/internal/loadgen"
)

// CheckName refuses the name of a file that is not to hold SVG.
func CheckName(name string) error {
	if !strings.EqualFold(filepath.Ext(name), ".svg") {
		return fmt.Errorf("%s: want a name that ends with .svg", name)
	}
	return nil
}

// The picture and the area of the curves in it, in pixels.
const (
	width, height = 832, 529
	left, right   = 70, 20
	top, bottom   = 70, 60
)

// colours are told apart by people who see red and green alike, too (Okabe and Ito's palette).
var colours = []string{"#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#000000"}

// dashes tell targets of one colour apart.
var dashes = []string{"", "8,4", "3,3"}

// Write draws, for each target, the time that a share of its good calls did not exceed: the share to the right, in
// nines; the time upwards, both logarithmic. subtitle says what was done.
func Write(w io.Writer, subtitle string, results []loadgen.Result) error {
	curves := make([][]point, len(results))
	least, most, nines := math.Inf(1), math.Inf(-1), 0.0
	for i, r := range results {
		curves[i] = curve(r)
		for _, p := range curves[i] {
			least, most, nines = min(least, p.ms), max(most, p.ms), max(nines, p.nines)
		}
	}
	if math.IsInf(least, 1) {
		return errors.New("no call came back: there is nothing to draw")
	}
	d := drawing{nines: max(nines, 0.01), low: math.Log10(below(least)), high: math.Log10(above(most))}
	if d.high <= d.low { // every call took the same
		d.high = d.low + 1
	}
	d.line(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="sans-serif" `+
		`font-size="13">`, width, height, width, height)
	d.line(`<rect width="%d" height="%d" fill="white"/>`, width, height)
	d.text(width/2, 24, `font-size="17" text-anchor="middle"`, "How long calls took")
	d.text(width/2, 46, `text-anchor="middle"`, subtitle)
	d.axes()
	named := 0
	for i, r := range results {
		if len(curves[i]) == 0 {
			continue
		}
		style := fmt.Sprintf(`fill="none" stroke="%s" stroke-width="2.5" stroke-dasharray="%s"`, colours[i%len(colours)],
			dashes[i/len(colours)%len(dashes)])
		d.curve(curves[i], style)
		y := top + 18 + 20*named
		d.line(`<path d="M%d %dh30" %s/>`, left+12, y-4, style)
		d.text(left+50, float64(y), "", r.Name)
		named++
	}
	d.line("</svg>")
	_, err := io.WriteString(w, d.svg.String())
	return err
}

// point is one place of a curve: the share of calls as nines (1 is 90 %, 2 is 99 %) and their time.
type point struct{ nines, ms float64 }

// curve is a target's quantiles, up to the last that its calls can tell.
func curve(r loadgen.Result) []point {
	if r.Good.Count() == 0 {
		return nil
	}
	var points []point
	for x := 0.0; x <= math.Log10(float64(r.Good.Count())); x += 0.01 {
		took := r.Good.Quantile(1 - math.Pow(10, -x))
		points = append(points, point{x, max(float64(took)/float64(time.Millisecond), 0.001)})
	}
	return points
}

// drawing is a picture under way, with its scales.
type drawing struct {
	svg       strings.Builder
	nines     float64 // at the right end
	low, high float64 // powers of ten of a millisecond at the bottom and the top
}

func (d *drawing) x(nines float64) float64 { return left + nines/d.nines*(width-left-right) }

func (d *drawing) y(ms float64) float64 {
	return height - bottom - (math.Log10(ms)-d.low)/(d.high-d.low)*(height-top-bottom)
}

// axes draws both with their marks, and a pale line for each mark.
func (d *drawing) axes() {
	const pale = `stroke="#dddddd"`
	for _, m := range shareMarks(d.nines) {
		d.line(`<path d="M%.1f %dV%d" %s/>`, d.x(m.value), top, height-bottom, pale)
		d.text(d.x(m.value), height-bottom+20, `text-anchor="middle"`, m.label)
	}
	for _, m := range timeMarks(d.low, d.high) {
		d.line(`<path d="M%d %.1fH%d" %s/>`, left, d.y(m.value), width-right, pale)
		d.text(left-8, d.y(m.value)+4, `text-anchor="end"`, m.label)
	}
	d.line(`<path d="M%d %dV%dH%d" fill="none" stroke="black"/>`, left, top, height-bottom, width-right)
	d.text((left+width-right)/2, height-14, `text-anchor="middle"`, "share of calls that took no longer")
	d.text(-(top+height-bottom)/2, 20, `text-anchor="middle" transform="rotate(-90)"`, "milliseconds")
}

func (d *drawing) curve(points []point, style string) {
	d.svg.WriteString(`<polyline points="`)
	for _, p := range points {
		fmt.Fprintf(&d.svg, "%.1f,%.1f ", d.x(p.nines), d.y(p.ms))
	}
	d.line(`" %s/>`, style)
}

func (d *drawing) line(format string, args ...any) { fmt.Fprintf(&d.svg, format+"\n", args...) }

// text writes words, whatever they hold.
func (d *drawing) text(x, y float64, style, words string) {
	fmt.Fprintf(&d.svg, `<text x="%.1f" y="%.1f" %s>`, x, y, style)
	_ = xml.EscapeText(&d.svg, []byte(words)) // a Builder takes everything
	d.svg.WriteString("</text>\n")
}
