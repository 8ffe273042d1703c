package revtree_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"callfn/internal/couchnode/revtree"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	hex := strings.Repeat("aB", 16)
	for in, want := range map[string]string{
		"1-abc":              "1-abc",
		"12-" + hex:          "12-" + strings.ToLower(hex),
		"9007199254740992-é": "9007199254740992-é",
		"0-17":               "0-17",
		"3-a-b":              "3-a-b",
	} {
		got, err := revtree.Parse(in)
		if err != nil || got.String() != want {
			t.Errorf("Parse(%q) = %v, %v; want %s", in, got, err, want)
		}
	}
	for _, in := range []string{
		"", "1", "1-", "-abc", "0-", "-0-a", "-1-a", "+1-a", "x-a", "1.5-a", "9007199254740993-a",
		"1-" + strings.Repeat("z", 32), "1-" + strings.Repeat("a", 129), "1-\xff", "1-a\x00",
	} {
		if got, err := revtree.Parse(in); err == nil {
			t.Errorf("Parse(%q) = %v, want an error", in, got)
		}
	}
}

func TestNextIsDeterministic(t *testing.T) {
	first := revtree.Next(revtree.Rev{}, false, []byte(`{"a":1}`))
	if first != revtree.Next(revtree.Rev{}, false, []byte(`{"a":1}`)) || first.Gen != 1 || len(first.String()) != 34 {
		t.Errorf("first revision: got %v, want the same again, generation 1 and 34 characters", first)
	}
	for what, other := range map[string]revtree.Rev{
		"body":    revtree.Next(revtree.Rev{}, false, []byte(`{"a":2}`)),
		"deleted": revtree.Next(revtree.Rev{}, true, []byte(`{"a":1}`)),
		"parent":  revtree.Next(first, false, []byte(`{"a":1}`)),
	} {
		if other.ID == first.ID {
			t.Errorf("another %s: got the id %s again, want another", what, other.ID)
		}
	}
}

// leaf parses a path "3-c,2-b,1-a"; a leading "x" marks a deletion.
func leaf(s string) revtree.Leaf {
	s, deleted := strings.CutPrefix(s, "x")
	l := revtree.Leaf{Deleted: deleted}
	for _, r := range strings.Split(s, ",") {
		rev, err := revtree.Parse(r)
		if err != nil {
			panic(err)
		}
		l.Gen = max(l.Gen, rev.Gen)
		l.IDs = append(l.IDs, rev.ID)
	}
	return l
}

func show(t revtree.Tree) []string {
	var out []string
	for _, l := range t {
		s := ""
		for i, id := range l.IDs {
			s += fmt.Sprintf(",%d-%s", l.Gen-int64(i), id)
		}
		s = s[1:]
		if l.Deleted {
			s = "x" + s
		}
		out = append(out, s)
	}
	return out
}

func TestMerge(t *testing.T) {
	for _, c := range []struct {
		name  string
		start []string
		add   string
		want  []string
		added bool
	}{
		{"first", nil, "1-a", []string{"1-a"}, true},
		{"extend", []string{"1-a"}, "2-b,1-a", []string{"2-b,1-a"}, true},
		{"extend far", []string{"1-a"}, "4-d,3-c,2-b,1-a", []string{"4-d,3-c,2-b,1-a"}, true},
		{"branch", []string{"2-b,1-a"}, "2-c,1-a", []string{"2-c,1-a", "2-b,1-a"}, true},
		{"no common past", []string{"1-b"}, "1-a", []string{"1-b", "1-a"}, true},
		{"known leaf", []string{"2-b,1-a"}, "2-b,1-a", []string{"2-b,1-a"}, false},
		{"known ancestor", []string{"2-b,1-a"}, "1-a", []string{"2-b,1-a"}, false},
		{"longer generation wins", []string{"1-z"}, "2-b,1-a", []string{"2-b,1-a", "1-z"}, true},
		{"deleted loses", []string{"1-a"}, "x3-c,2-b,1-z", []string{"1-a", "x3-c,2-b,1-z"}, true},
		{"deletion with its past", []string{"2-b,1-a"}, "x3-c,2-b,1-a", []string{"x3-c,2-b,1-a"}, true},
		{
			"deletion without its past leaves the old one alive",
			[]string{"2-b,1-a"},
			"x3-c",
			[]string{"2-b,1-a", "x3-c"},
			true,
		},
		{"past learned by a known leaf", []string{"3-c"}, "3-c,2-b,1-a", []string{"3-c,2-b,1-a"}, false},
		{"past learned by another branch", []string{"3-x,2-b"}, "3-c,2-b,1-a", []string{"3-x,2-b,1-a", "3-c,2-b,1-a"}, true},
		{"past given by another branch", []string{"3-x,2-b,1-a"}, "3-c,2-b", []string{"3-x,2-b,1-a", "3-c,2-b,1-a"}, true},
		{
			"past pieced together",
			[]string{"3-c", "3-x,2-b,1-a"},
			"4-d,3-c,2-b",
			[]string{"4-d,3-c,2-b,1-a", "3-x,2-b,1-a"},
			true,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var tree revtree.Tree
			for _, s := range c.start {
				tree, _ = tree.Merge(leaf(s), 0)
			}
			got, added := tree.Merge(leaf(c.add), 0)
			if d := cmp.Diff(c.want, show(got)); d != "" || added != c.added {
				t.Errorf("got added %t, want %t (-want +got):\n%s", added, c.added, d)
			}
		})
	}
}

func TestMergeCutsPaths(t *testing.T) {
	var tree revtree.Tree
	tree, _ = tree.Merge(leaf("4-d,3-c,2-b,1-a"), 3)
	if d := cmp.Diff([]string{"4-d,3-c,2-b"}, show(tree)); d != "" {
		t.Errorf("paths cut to 3 (-want +got):\n%s", d)
	}
}

func TestQuestions(t *testing.T) {
	var tree revtree.Tree
	for _, s := range []string{"3-c,2-b,1-a", "3-e,2-d,1-a", "x4-g,3-f,2-d,1-a"} {
		tree, _ = tree.Merge(leaf(s), 0)
	}
	rev := func(s string) revtree.Rev { r, _ := revtree.Parse(s); return r }
	if w := tree.Winner().Rev().String(); w != "3-e" || tree.Deleted() {
		t.Errorf("got the winner %s, deleted %t; want 3-e, not deleted", w, tree.Deleted())
	}
	if _, ok := tree.Leaf(rev("2-d")); ok || !tree.Has(rev("2-d")) || tree.Has(rev("2-x")) || tree.Has(rev("9-c")) {
		t.Errorf("got 2-d a leaf: %t, known: %t, 2-x known: %t, 9-c known: %t; want 2-d known, no leaf, the others not known",
			ok, tree.Has(rev("2-d")), tree.Has(rev("2-x")), tree.Has(rev("9-c")))
	}
	if got := show(tree.LeavesFrom(rev("2-d"))); len(got) != 2 {
		t.Errorf("leaves from 2-d: got %v, want 2", got)
	}
	if c, d := tree.Conflicts(false), tree.Conflicts(true); fmt.Sprint(c, d) != "[3-c] [4-g]" {
		t.Errorf("got the conflicts %v, deleted ones %v; want [3-c] and [4-g]", c, d)
	}
}

// Nodes that get the same leaves, in any order and any number of times, have the same tree in the end.
func TestMergeOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// A random tree of revisions: node i is the child of an earlier one, or a root.
		n := rapid.IntRange(1, 12).Draw(t, "nodes")
		paths := make([]revtree.Leaf, n)
		hasChild := make([]bool, n)
		for i := range n {
			id := revtree.ID(fmt.Sprint("n", i))
			paths[i] = revtree.Leaf{Path: revtree.Path{Gen: 1, IDs: []revtree.ID{id}}}
			if parent := rapid.IntRange(-1, i-1).Draw(t, "parent"); parent >= 0 {
				hasChild[parent] = true
				paths[i].Gen = paths[parent].Gen + 1
				paths[i].IDs = append(paths[i].IDs, paths[parent].IDs...)
			}
			paths[i].Deleted = rapid.Bool().Draw(t, "deleted")
		}
		build := func(order []int) revtree.Tree {
			var tree revtree.Tree
			for _, i := range order {
				before := show(tree)
				next, _ := tree.Merge(paths[i], 0)
				if d := cmp.Diff(before, show(tree)); d != "" {
					t.Fatalf("Merge changed its receiver, want it as before (-before +after):\n%s", d)
				}
				tree = next
			}
			return tree
		}
		all := make([]int, n)
		for i := range all {
			all[i] = i
		}
		want := show(build(all))
		order := rapid.Permutation(all).Draw(t, "order")
		repeats := rapid.SliceOfN(rapid.IntRange(0, n-1), 0, 4).Draw(t, "repeats")
		if d := cmp.Diff(want, show(build(append(slices.Clone(order), repeats...)))); d != "" {
			t.Fatalf("another order (-want +got):\n%s", d)
		}
		leaves := 0
		for _, has := range hasChild {
			if !has {
				leaves++
			}
		}
		if leaves != len(want) {
			t.Fatalf("got %d leaves, want %d", len(want), leaves)
		}
	})
}
