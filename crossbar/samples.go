package crossbar

import (
	"embed"
	"encoding/json"
	"fmt"
)

// sampleFiles are the samples as files, so that an editor and a test can read them. index.json describes them.
//
//go:embed samples/index.json samples/*.js
var sampleFiles embed.FS

// Sample is a function to start from. GET /v2/functions/samples shows it, and it can be PUT as it is.
type Sample struct {
	ID           string            `json:"id"` // name of its file without .js
	Name         string            `json:"name"`
	Description  string            `json:"description"`
	FunctionJS   string            `json:"function_js"`
	Enabled      bool              `json:"enabled"`
	LanguagePack string            `json:"language_pack"`
	Call         map[string]string `json:"call"` // a call to try it on
}

// Samples reads the samples.
func Samples() ([]Sample, error) {
	raw, err := sampleFiles.ReadFile("samples/index.json")
	if err != nil {
		return nil, fmt.Errorf("crossbar: samples: %w", err)
	}
	var samples []Sample
	if err := json.Unmarshal(raw, &samples); err != nil {
		return nil, fmt.Errorf("crossbar: samples/index.json: %w", err)
	}
	for i := range samples {
		source, err := sampleFiles.ReadFile("samples/" + samples[i].ID + ".js")
		if err != nil {
			return nil, fmt.Errorf("crossbar: samples: %w", err)
		}
		samples[i].FunctionJS, samples[i].Enabled, samples[i].LanguagePack = string(source), true, languagePack
	}
	return samples, nil
}

// samples lists the samples that pass the request's filters, as KAZOO does.
func (a *API) samples(x *exchange) (*answer, error) {
	samples, err := Samples()
	if err != nil {
		return nil, err
	}
	wanted, err := filtersOf(x.query)
	if err != nil {
		return nil, err
	}
	items := []any{}
	for _, sample := range samples {
		if wanted.allow(map[string]any{
			"id": sample.ID, "name": sample.Name, "description": sample.Description, "function_js": sample.FunctionJS,
			"enabled": sample.Enabled, "language_pack": sample.LanguagePack,
		}) {
			items = append(items, sample)
		}
	}
	return &answer{data: items, page: &page{size: len(items)}}, nil
}
