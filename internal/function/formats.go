package function

import (
	"context"
	"time"

	"callfn/internal/clip"
	"callfn/internal/function/lint"
	"callfn/internal/sandbox/intl"
)

// unformatted warns of locales, time zones and parts of Intl that are not available where functions run: each call
// would throw. Engines of others have what their own data have.
func (r *Runner) unformatted(ctx context.Context, source string) []Warning {
	uses := lint.Formats(source)
	if len(uses) == 0 || r.ofOthers(ctx) {
		return nil
	}
	var warnings []Warning
	for _, use := range uses {
		if why := whyUnformatted(use); why != "" && len(warnings) < maxWarnings {
			warnings = append(warnings, Warning{Message: why, Line: use.Line, Column: use.Column, rule: "format"})
		}
	}
	return warnings
}

// ofOthers reports whether another engine than this service's runs stored functions, as far as can be told.
func (r *Runner) ofOthers(ctx context.Context) bool {
	if r.cfg.Dialect == nil {
		return false
	}
	lacks, err := r.cfg.Dialect.Lacks(ctx)
	return err != nil || len(lacks) > 0
}

func whyUnformatted(use lint.Format) string {
	switch {
	case use.Ignored != "":
		if use.Ignored == "localeCompare" {
			return "`localeCompare` goes by Unicode alone here and takes no notice of a locale, ä stands behind z: leave the " +
				"locale away, or compare by an order of your own"
		}
		return "`" + use.Ignored + "` goes by Unicode alone here and takes no notice of a locale: leave it away"
	case use.Part != "" && use.Part != "DateTimeFormat" && use.Part != "NumberFormat":
		return "`Intl." + clip.Name(use.Part) + "` is not there: of Intl there are DateTimeFormat and NumberFormat"
	case use.Locale != "":
		if _, err := intl.FindLocale([]string{use.Locale}); err != nil {
			return "each call throws here: " + err.Error()
		}
	case use.Zone != "":
		if err := intl.CheckZone(use.Zone, time.LoadLocation); err != nil {
			return "each call throws here: " + err.Error()
		}
	}
	return ""
}
