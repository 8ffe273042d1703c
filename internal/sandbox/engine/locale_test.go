package engine

import "testing"

// What a world formatted is forgotten with it, and Intl is there again in the next, however it was loaded.
func TestIntlAfterRestore(t *testing.T) {
	e := newEngine(t)
	bare := e.Save()
	if err := e.LoadIntl(); err != nil {
		t.Fatal(err)
	}
	loaded := e.Save()
	for _, image := range []*Image{bare, loaded, bare} {
		e.Restore(image)
		const js = `new Date(0).toLocaleString('de-DE', {timeZone: 'Europe/Berlin'}) + ' ' + Object.keys(Intl).length + ` +
			`delete globalThis.Intl`
		if got, want := eval(t, e, js), "1.1.1970, 01:00:00 0true"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if e.locales.service.Kept() == 0 {
			t.Error("no format is kept while the world is there, want one")
		}
		e.Restore(image)
		if n := e.locales.service.Kept(); n != 0 {
			t.Errorf("%d formats are kept in the next world, want none", n)
		}
	}
}
