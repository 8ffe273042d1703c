package lint

import (
	"maps"
	"slices"
	"strings"

	"github.com/tdewolff/parse/v2/js"
)

// members has the methods that texts, lists, dates and numbers have on other platforms but not here, and what to write
// instead.
var members = map[string]string{
	"length": "write .length, without ()", "size": "write .length, without ()",
	"len": "write .length, without ()", "count": "write .length, without ()",
	"contains": "write .includes(…)", "containsKey": "write 'name' in object", "has_key": "write 'name' in object",
	"hasKey": "write 'name' in object", "exists": "compare with undefined", "isset": "compare with undefined",
	"strip": "write .trim()", "chomp": "write .trim()", "trimAll": "write .trim()",
	"lower": "write .toLowerCase()", "upper": "write .toUpperCase()", "toLower": "write .toLowerCase()",
	"toUpper": "write .toUpperCase()", "toLowercase": "write .toLowerCase()", "toUppercase": "write .toUpperCase()",
	"lowercase": "write .toLowerCase()", "uppercase": "write .toUpperCase()", "downcase": "write .toLowerCase()",
	"upcase": "write .toUpperCase()", "tolowercase": "write .toLowerCase()", "touppercase": "write .toUpperCase()",
	"capitalize": "write x.charAt(0).toUpperCase() + x.slice(1)", "indexof": "write .indexOf(…)",
	"startswith": "write .startsWith(…)", "endswith": "write .endsWith(…)", "beginsWith": "write .startsWith(…)",
	"starts_with": "write .startsWith(…)", "ends_with": "write .endsWith(…)", "charat": "write .charAt(…)",
	"substring_of": "write .substring(…)", "subString": "write .substring(…)", "mid": "write .substring(…)",
	"left": "write .slice(0, n)", "right": "write .slice(-n)",
	"equals": "write ===", "equalsIgnoreCase": "write a.toLowerCase() === b.toLowerCase()", "compareTo": "write < or >",
	"isEmpty": "write .length === 0", "empty": "write .length === 0", "append": "write .push(…)",
	"extend": "write .concat(…)",
	"remove": "write .filter(…)", "gsub": "write .replace(/…/g, …)", "replace_all": "write .replaceAll(…)",
	"replaceall": "write .replaceAll(…)", "toInt": "write parseInt(x, 10)", "to_i": "write parseInt(x, 10)",
	"toNumber": "write Number(x)", "to_s": "write String(x)", "tostring": "write .toString()",
	"getHour": "write .getHours()", "getMinute": "write .getMinutes()", "getSecond": "write .getSeconds()",
	"getDays":    "write .getDay() for the weekday, .getDate() for the day of the month",
	"getWeekday": "write .getDay(): Sunday is 0", "getWeekDay": "write .getDay(): Sunday is 0",
	"getDayOfWeek": "write .getDay(): Sunday is 0", "weekday": "write .getDay(): Sunday is 0",
	"dayOfWeek":     "write .getDay(): Sunday is 0",
	"getDayOfMonth": "write .getDate()", "getfullyear": "write .getFullYear()", "gethours": "write .getHours()",
	"getday": "write .getDay(): Sunday is 0", "strftime": "write .toLocaleString('en-US', {…})",
	"addDays": "write date.setDate(date.getDate() + n)", "addHours": "write date.setHours(date.getHours() + n)",
	"toTimeZone": "the account's time zone is used already, or write .toLocaleString('en-US', {timeZone: '…'})",
	"foreach":    "write .forEach(…)", "each": "write .forEach(…)", "collect": "write .map(…)",
	"inject": "write .reduce(…)", "any": "write .some(…)", "all": "write .every(…)", "first": "write [0]",
	"last": "write [x.length - 1]", "unique": "write [...new Set(list)]", "isnumeric": "write /^[0-9]+$/.test(x)",
	"isdigit": "write /^[0-9]+$/.test(x)", "isNumeric": "write /^[0-9]+$/.test(x)", "matches": "write /…/.test(x)",
}

// Members lists the names of methods that do not exist here.
func Members() []string { return slices.Sorted(maps.Keys(members)) }

// absentMethods finds calls of methods that neither exist here nor are defined by the body.
func (s *scan) absentMethods() []Finding {
	var found []Finding
	var own map[string]bool
	for i := range s.tokens {
		instead, absent := members[s.text(i)]
		if !absent || !s.isMember(i) || s.kind(i+1) != js.OpenParenToken || len(found) == mostNames ||
			s.text(i-2) == "call" || s.text(i) == "size" && s.behind(i+1) != i+3 {
			continue
		}
		if own == nil {
			own = s.ownMembers()
		}
		if own[s.text(i)] {
			continue
		}
		own[s.text(i)] = true // reported once
		found = append(found, s.finding(i, "unknown_method", "`"+s.text(i)+"` is no method here: "+instead))
	}
	return found
}

// ownMembers returns the names of members that the body gives to objects.
func (s *scan) ownMembers() map[string]bool {
	own := map[string]bool{}
	for i := range s.tokens {
		switch {
		case !js.IsIdentifierName(s.kind(i)) && s.kind(i) != js.StringToken:
		case s.isMember(i) && s.kind(i+1) == js.EqToken, !s.isMember(i) && s.isKey(i),
			s.kind(i) == js.StringToken && (s.kind(i+1) == js.ColonToken || s.kind(i-1) == js.OpenBracketToken),
			!s.isMember(i) && s.tokens[i].inside >= 0 && s.braceAround(s.tokens[i].inside) == objectLiteral:
			own[strings.Trim(s.text(i), `"'`)] = true
		}
	}
	return own
}
