package std_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callfn/internal/std"
)

func TestParseNumber(t *testing.T) {
	munich := &std.Number{
		E164: "+498912345678", National: "089 12345678", International: "+49 89 12345678", CountryCode: 49, Region: "DE",
		Type: "fixed_line", Possible: true, Valid: true,
	}
	for _, row := range []struct {
		text, region string
		want         *std.Number
	}{
		{"089 12345678", "DE", munich},
		{"+49 (0)89 / 12 34 56 78", "de", munich},
		{"+498912345678", "US", munich},
		{"004989 12345678", "AT", munich},
		{"+1 201 555 0123", "DE", &std.Number{
			E164: "+12015550123", National: "(201) 555-0123", International: "+1 201-555-0123", CountryCode: 1, Region: "US",
			Type: "fixed_line_or_mobile", Possible: true, Valid: true,
		}},
		{"0171 1234567", "DE", &std.Number{
			E164: "+491711234567", National: "0171 1234567", International: "+49 171 1234567", CountryCode: 49, Region: "DE",
			Type: "mobile", Possible: true, Valid: true,
		}},
		{"+80012345678", "DE", &std.Number{
			E164: "+80012345678", National: "1234 5678", International: "+800 1234 5678", CountryCode: 800,
			Type: "toll_free", Possible: true, Valid: true,
		}},
		{"12", "DE", &std.Number{
			E164: "+4912", National: "12", International: "+49 12", CountryCode: 49, Region: "DE", Type: "unknown",
			Possible: true,
		}},
		{"anonymous", "DE", nil},
		{"", "DE", nil},
		{"+999", "DE", nil},
		{strings.Repeat("1", 251), "DE", nil},
		{"sip:alice@example.com", "DE", nil},
		{"\x00\xff", "DE", nil},
	} {
		got, err := std.ParseNumber(row.text, row.region)
		if err != nil {
			t.Errorf("ParseNumber(%q, %q): %v", row.text, row.region, err)
		}
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("ParseNumber(%q, %q) (-want +got):\n%s", row.text, row.region, diff)
		}
	}
}

func TestParseNumberRefusesUnknownRegions(t *testing.T) {
	for _, region := range []string{"", "XX", "Germany", "ZZ", "001"} {
		_, err := std.ParseNumber("089 12345678", region)
		wantReason(t, err, std.BadRegion, "such as DE")
	}
}

// wantReason requires an Error with a reason and a part of its message.
func wantReason(t *testing.T, err error, want std.Reason, part string) {
	t.Helper()
	var wrong *std.Error
	if !errors.As(err, &wrong) || wrong.Reason != want || !strings.Contains(wrong.Message, part) {
		t.Errorf("got %v (%+v), want reason %s with %q", err, wrong, want, part)
	}
}

func FuzzParseNumber(f *testing.F) {
	f.Add("089 12345678", "DE")
	f.Add("tel:+49-89;ext=1", "AT")
	f.Fuzz(func(t *testing.T, text, region string) {
		number, err := std.ParseNumber(text, region)
		if number != nil && (err != nil || !strings.HasPrefix(number.E164, "+")) {
			t.Errorf("ParseNumber(%q, %q) = %+v, %v", text, region, number, err)
		}
	})
}
