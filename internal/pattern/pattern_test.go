package pattern

import (
	"strings"
	"sync"
	"testing"
	"time"
)

// Whatever KAZOO's engine has and this one has not is named, with what to write instead.
func TestCheckExplains(t *testing.T) {
	for text, want := range map[string]string{
		`^(?!911$)(\d{3})$`: "it has a lookahead, `(?!`, which this engine (RE2) does not have and KAZOO's (PCRE) does: " +
			"write what shall match",
		`^(?=1)1000$`:         "lookahead, `(?=`",
		`(?<!1)2`:             "lookbehind, `(?<!`",
		`(?<=1)2`:             "lookbehind, `(?<=`",
		`(?>1+)2`:             "atomic group, `(?>`",
		`^1++2`:               "possessive repetition, `++`",
		`^1{2}+2`:             "possessive repetition, `}+`",
		`^(\d)\1$`:            "back reference, `\\1`",
		`^(?P<a>\d)(?P=a)$`:   "back reference, `(?P=`",
		`^(?<a>\d)\k<a>$`:     "back reference, `\\k<`",
		`^(?:(1)|2)(?(1)3|4)`: "condition, `(?(`",
		`^(\d(?R)?)$`:         "recursion, `(?R`",
		`^(\d(?1)?)$`:         "recursion, `(?1`",
		`^(?|(1)|(2))$`:       "branch reset, `(?|`",
		`^1(?# one)`:          "comment, `(?#`",
		`(*ANYCRLF)1`:         "verb, `(*A`",
		`^1\Z`:                "\\Z, `\\Z`",
		`^1\K2`:               "\\K, `\\K`",
		`^\h1`:                "\\h, `\\h`",
		`^\R`:                 "escape of PCRE, `\\R`",
		`(?x) 1 2`:            "flag x, `(?x`",
		`(`:                   "a ( has no )",
		`)`:                   "a ) has no (",
		`[1`:                  "a [ has no ]",
		`*1`:                  "nothing before it to repeat",
		`[3-1]`:               "a range is the wrong way round, at `3-1`",
		`1**`:                 "a repetition stands behind a repetition, at `**`",
		`1\`:                  "it ends in the middle of an escape",
		`\y`:                  "there is no such escape",
		`1{1001}`:             "a repetition is wrong or above 1000, at `{1001}`",
		"\xff":                "it is no UTF-8",
	} {
		if err := Check(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want … %s …", text, err, want)
		}
	}
}

// What stands in a class or is escaped is no construct: the error is the pattern's own.
func TestCheckBlamesWhatIsThere(t *testing.T) {
	for text, want := range map[string]string{
		`[(?=](`:   "a ( has no )",
		`\(?=1)`:   "a ) has no (",
		`[^](?!](`: "a ( has no )",
		`\\(?!1)`:  "lookahead",
		`[*+]++`:   "possessive",
	} {
		if err := Check(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want … %s …", text, err, want)
		}
	}
}

// Patterns as people have them pass, with room to spare.
func TestUsualPatterns(t *testing.T) {
	for _, text := range []string{
		"", `^\*97$`, `^\+?1?([2-9][0-9]{2}[2-9][0-9]{6})$`, `^(?:\+44|0044|0)(7\d{9})$`, `^\*5([0-9]*)$`,
		`^(?<area>415|628)\d{7}$`, `^(?i)anonymous$`,
		`^(` + strings.Repeat("4155550100|", 180) + `911)$`, `^\p{L}+$`, `^[^@]+@[[:alnum:].-]+$`, `^\x{2b}49\d+$`,
		`^\d{3,12}$`,
	} {
		p, err := Compile(text)
		if err != nil {
			t.Errorf("%.60s: %v, want none", text, err)
			continue
		}
		if p.Size() > MaxSize/3 {
			t.Errorf("%.60s: size %d, want %d at most", text, p.Size(), MaxSize/3)
		}
	}
	if p, _ := Compile(`^\d{3}(\d+)$`); !p.Match("1001") || p.Match(strings.Repeat("1", MaxInput+1)) ||
		p.Submatches("1001")[1] != "1" {
		t.Error("^\\d{3}(\\d+)$: got another match, want 1001 with the submatch 1, and nothing longer than MaxInput")
	}
}

// Nothing a customer can write takes long or much, whether it is refused or not.
func TestHostilePatterns(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time, which the race detector stretches: run this without -short")
	}
	fill := func(unit string) string { return strings.Repeat(unit, MaxBytes/len(unit)) }
	for _, text := range []string{
		"^0" + strings.Repeat(".{1000}", 400) + "|80", "^0" + strings.Repeat(".{1000}", 200), strings.Repeat("1", MaxBytes+1),
		fill(`\pL`), fill(`\PL`), fill(`[^\pL\pN]`), fill(`\pL|\pN|`), fill(`[[:^alpha:]]`), `\pL{1000}`,
		`((((1{9}){9}){9}){9}){9}`,
		`(?i)` + fill(`[\x{80}-\x{10FFF0}]`)[:2033], `(?i)` + strings.Repeat("[B-\U0001E942]", 255),
		`(?i)[\x{80}-\x{10FFF0}]`, `(?i-s:` + strings.Repeat("[B-\U0001E942]", 200) + `)`,
		`(?i)` + strings.Repeat(`\W`, 1000), fill(`.*`), fill(`(.*)*`), fill(`.{7}`), fill(`(1|`), fill(`(?:`), fill(`.?`),
		fill(`a|b|`),
	} {
		began := time.Now()
		p, err := Compile(text)
		if took := time.Since(began); took > 500*time.Millisecond {
			t.Errorf("%.30s: compiling took %v, want half a second at most (%v)", text, took, err)
		}
		if err != nil {
			continue
		}
		began = time.Now()
		p.Match(strings.Repeat("a1", MaxInput/2))
		if took := time.Since(began); took > 200*time.Millisecond {
			t.Errorf("%.30s: matching took %v, want 200 ms at most", text, took)
		}
	}
	for _, text := range []string{
		"^0" + strings.Repeat(".{1000}", 200), strings.Repeat("1", MaxBytes+1), fill(`\pL|\pN|`),
		strings.Repeat(".{9}", 500),
	} {
		if Check(text) == nil {
			t.Errorf("%.30s passed, want it refused", text)
		}
	}
}

// A cache compiles once, for those who ask at the same time as well, and is bounded.
func TestCache(t *testing.T) {
	var cache Cache
	var wait sync.WaitGroup
	got := make([]*Pattern, 8)
	for i := range got {
		wait.Go(func() { got[i], _ = cache.Compile(`^1(\d+)$`) })
	}
	wait.Wait()
	for _, p := range got {
		if p == nil || p != got[0] {
			t.Fatalf("%p and %p for one pattern, want one", p, got[0])
		}
	}
	if _, err := cache.Compile("("); err == nil {
		t.Error("( got no error, want one")
	}
	for i := range 2000 {
		if _, err := cache.Compile(strings.Repeat("1", 1+i%MaxBytes)); err != nil {
			t.Fatal(err)
		}
		if cache.total > cacheTotal {
			t.Fatalf("%d kept after %d patterns, want %d at most", cache.total, i, cacheTotal)
		}
	}
	if again, _ := cache.Compile(`^1(\d+)$`); again == got[0] {
		t.Error("the pattern used longest ago was kept, want it forgotten")
	}
	var none *Cache
	if p, err := none.Compile("1"); err != nil || !p.Match("1") {
		t.Errorf("a nil cache: got error %v, want a pattern that matches", err)
	}
}
