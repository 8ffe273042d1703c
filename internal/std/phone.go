package std

import (
	"fmt"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"callfn/internal/clip"
)

// maxNumber bounds the text that is looked at as a telephone number, in bytes.
const maxNumber = 250

// Number is a telephone number as ITU-T E.164 and its country's numbering plan see it.
type Number struct {
	E164          string `json:"e164"`          // "+498912345678"
	National      string `json:"national"`      // "089 12345678"
	International string `json:"international"` // "+49 89 12345678"
	CountryCode   int    `json:"country_code"`  // 49
	Region        string `json:"region"`        // ISO 3166 code; "" for a number of no country
	Type          string `json:"type"`          // see numberTypes; "unknown" for an invalid number
	Possible      bool   `json:"possible"`      // some number of this length exists
	Valid         bool   `json:"valid"`         // it fits the numbering plan
}

// numberTypes names the kinds of numbers as libphonenumber knows them.
var numberTypes = map[phonenumbers.PhoneNumberType]string{
	phonenumbers.FIXED_LINE:           "fixed_line",
	phonenumbers.MOBILE:               "mobile",
	phonenumbers.FIXED_LINE_OR_MOBILE: "fixed_line_or_mobile",
	phonenumbers.TOLL_FREE:            "toll_free",
	phonenumbers.PREMIUM_RATE:         "premium_rate",
	phonenumbers.SHARED_COST:          "shared_cost",
	phonenumbers.VOIP:                 "voip",
	phonenumbers.PERSONAL_NUMBER:      "personal_number",
	phonenumbers.PAGER:                "pager",
	phonenumbers.UAN:                  "uan",
	phonenumbers.VOICEMAIL:            "voicemail",
}

// ParseNumber reads a number as someone in region dials it: "089 12345678" in "DE" is +498912345678. A number that
// begins with + and a country code is read the same in every region. Nil without an error is a text that is no number,
// such as "anonymous", which any call can have. An *Error says that there is no such region.
func ParseNumber(text, region string) (*Number, error) {
	region = strings.ToUpper(region)
	if phonenumbers.GetCountryCodeForRegion(region) == 0 {
		return nil, &Error{BadRegion, fmt.Sprintf("there is no region %q: give two letters of ISO 3166, such as DE",
			clip.Name(region))}
	}
	if len(text) > maxNumber {
		return nil, nil //nolint:nilnil // no number is an answer
	}
	parsed, err := phonenumbers.Parse(text, region)
	if err != nil {
		return nil, nil //nolint:nilerr,nilnil // no number is an answer
	}
	kind, known := numberTypes[phonenumbers.GetNumberType(parsed)]
	if !known {
		kind = "unknown"
	}
	return &Number{
		E164:          phonenumbers.Format(parsed, phonenumbers.E164),
		National:      phonenumbers.Format(parsed, phonenumbers.NATIONAL),
		International: phonenumbers.Format(parsed, phonenumbers.INTERNATIONAL),
		CountryCode:   int(parsed.GetCountryCode()),
		Region:        noCountry(phonenumbers.GetRegionCodeForNumber(parsed)),
		Type:          kind,
		Possible:      phonenumbers.IsPossibleNumber(parsed),
		Valid:         phonenumbers.IsValidNumber(parsed),
	}, nil
}

// noCountry turns libphonenumber's codes for no country ("ZZ", and "001" for numbers of the whole world) into "".
func noCountry(region string) string {
	if region == "ZZ" || region == "001" {
		return ""
	}
	return region
}
