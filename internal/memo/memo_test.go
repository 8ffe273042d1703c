package memo_test

import (
	"errors"
	"testing"
	"time"

	"callfn/internal/memo"
)

// asked counts how often it was asked, and answers that.
type asked struct {
	times int
	err   error
	then  func()
}

func (a *asked) ask() (int, error) {
	a.times++
	times := a.times
	if a.then != nil {
		a.then()
	}
	return times, a.err
}

func want(t *testing.T, m *memo.Memo[string, int], key string, a *asked, value int) {
	t.Helper()
	if got, err := m.Get(key, a.ask); got != value || !errors.Is(err, a.err) {
		t.Errorf("get %s: got %d, error %v; want %d, error %v", key, got, err, value, a.err)
	}
}

func TestAnswersAreRememberedForAWhile(t *testing.T) {
	now := time.Now()
	m, a := memo.New[string, int](10*time.Second, 100, func() time.Time { return now }), new(asked)
	want(t, m, "a", a, 1)
	now = now.Add(10*time.Second - 1)
	want(t, m, "a", a, 1)
	now = now.Add(1)
	want(t, m, "a", a, 2)
	want(t, m, "b", a, 3)
	m.Forget("a")
	want(t, m, "b", a, 3)
	want(t, m, "a", a, 4)
	m.ForgetAll()
	want(t, m, "b", a, 5)
}

func TestErrorsAreNotRemembered(t *testing.T) {
	m, a := memo.New[string, int](time.Minute, 100, time.Now), &asked{err: errors.New("the datastore is away")}
	want(t, m, "a", a, 1)
	a.err = nil
	want(t, m, "a", a, 2)
	want(t, m, "a", a, 2)
}

// An answer that was on its way when something changed may be older than the change.
func TestAnAnswerFromBeforeAChangeIsNotRemembered(t *testing.T) {
	m, a := memo.New[string, int](time.Minute, 100, time.Now), new(asked)
	a.then = func() { m.Forget("a") }
	want(t, m, "a", a, 1)
	a.then = m.ForgetAll
	want(t, m, "a", a, 2)
	a.then = nil
	want(t, m, "a", a, 3)
	want(t, m, "a", a, 3)
}

func TestMemoIsBounded(t *testing.T) {
	m, a := memo.New[string, int](time.Minute, 2, time.Now), new(asked)
	want(t, m, "a", a, 1)
	want(t, m, "b", a, 2)
	want(t, m, "c", a, 3) // and everything else is forgotten
	want(t, m, "a", a, 4)
	want(t, m, "c", a, 3)
}
