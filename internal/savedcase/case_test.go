package savedcase_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"callfn/callflow"
	"callfn/internal/jsonvalue"
	"callfn/internal/savedcase"
)

// Each file of testdata/check holds a trace, an expectation, and the differences that must be told, one a line.
func TestCheck(t *testing.T) {
	files, err := filepath.Glob("testdata/check/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("got files %v and %v, want some", files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			part := map[string]string{}
			for _, f := range archive.Files {
				part[f.Name] = string(f.Data)
			}
			c := savedcase.Of(jsonvalue.Object{Members: map[string]any{"name": "n", "expected": decode(t, part["expected"])}})
			kind := savedcase.OfFunction
			if part["callflow"] != "" {
				kind = savedcase.OfCallflow
			}
			found, err := c.Check(kind, callflow.ID(strings.TrimSpace(part["callflow"])), trace(t, part["trace"]))
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			for _, m := range found {
				got.WriteString(m.Path + ": " + m.Message + "\n")
			}
			if diff := cmp.Diff(part["mismatches"], got.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Files are read as they were written, and written as they were read.
func TestFilesRoundTrip(t *testing.T) {
	for _, text := range []string{
		"{\n  \"name\": \"Büro <zu> & \\\"so\\\"\",\n  \"call\": {},\n  \"expected\": {\n    \"ended\": {}\n  }\n}\n",
		"{\n  \"name\": \"n\",\n  \"description\": \"d\",\n  \"call\": {\n    \"To\": \"1000\"\n  },\n  \"script\": {\n    " +
			"\"now\": 1.50,\n    \"x\": 12345678901234567890\n  },\n  \"expected\": {\n    \"steps\": [\n      null\n    ]\n  " +
			"}\n}\n",
	} {
		c, err := savedcase.Decode([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		again, err := savedcase.Encode(c)
		if diff := cmp.Diff(text, string(again)); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
	for _, bad := range []string{
		"", "[]", "{", `{"name":"","call":{},"expected":{}}`, `{"nam":"n"}`,
		`{"name":"n","name":"m"}`, `{"name":1}`,
	} {
		if c, err := savedcase.Decode([]byte(bad)); err == nil {
			t.Errorf("%s: got %+v, want it refused", bad, c)
		}
	}
}

// A file may leave out what the server does not ask for, and have any name that the server took.
func TestFilesNeedLittle(t *testing.T) {
	for _, name := range []string{"greets", "   "} {
		c, err := savedcase.Decode([]byte(`{"name":"` + name + `","expected":{"outcome":"ok"}}`))
		if err != nil || c.Name != name || c.Call == nil {
			t.Errorf("%q without a call: got %+v, %v, want the case with an empty call", name, c, err)
		}
	}
	if _, err := savedcase.Decode([]byte(`{"name":"","expected":{}}`)); err == nil {
		t.Error("got a case without a name, want an error")
	}
}

func TestFileNames(t *testing.T) {
	got := savedcase.FileNames([]string{
		"Greets Alice!", "greets alice", "greets alice 2", "../../etc/passwd", "", "…",
		"Grüße 2", strings.Repeat("x", 500), ".hidden",
	})
	want := []string{
		"greets-alice.json", "greets-alice-2.json", "greets-alice-2-2.json", "etc-passwd.json", "case.json",
		"case-2.json", "grüße-2.json", strings.Repeat("x", 80) + ".json", "hidden.json",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

func decode(t testing.TB, text string) any {
	t.Helper()
	v, err := jsonvalue.Decode([]byte(text), jsonvalue.Limits{})
	if err != nil {
		t.Fatalf("%s: got %v, want it read", text, err)
	}
	return v
}

func trace(t testing.TB, text string) (tr callflow.Trace) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &tr); err != nil {
		t.Fatal(err)
	}
	return tr
}

// A file of a case has its members in the order in which they were written, and the same bytes each time.
func TestFilesKeepTheirOrder(t *testing.T) {
	const text = `{
  "name": "n",
  "call": {
    "To": "1000",
    "From": "2"
  },
  "script": {
    "http": {
      "*": {
        "body": {
          "module": "temporal_route",
          "children": {
            "z": {},
            "a": {}
          }
        }
      }
    },
    "digits": []
  },
  "expected": {
    "steps": [
      {
        "module": "tts",
        "data": {
          "z": 1,
          "a": 2
        }
      }
    ],
    "flow": {
      "z": 1,
      "a": 2
    }
  }
}
`
	c, err := savedcase.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var object jsonvalue.Object
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]savedcase.Case{"a file": c, "a document": savedcase.Of(object)} {
		if got, err := savedcase.Encode(c); err != nil || string(got) != text {
			t.Errorf("%s was written as %s, %v; want %s", name, got, err, text)
		}
	}
}
