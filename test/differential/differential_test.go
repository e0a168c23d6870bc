// Package differential_test runs random statements over random data by the fast executor and by the naive one, which must
// agree: see check for what that means. Where to look: world_test.go (the data), query_test.go, from_test.go, expr_test.go,
// window_test.go and template_test.go (the grammar of statements), check_test.go and compare_test.go (running and
// comparing), tree_test.go and shrink_test.go (making a failing statement smaller).
//
//	go test ./test/differential                                 a few seconds, always the same statements
//	go test ./test/differential -seed 7 -for 10m -timeout 20m   others, for longer
//	go test ./test/differential -seed 7 -only 1234              one of them again
package differential_test

import (
	"flag"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/slt"
)

var (
	seed       = flag.Uint64("seed", 1, "which random statements")
	statements = flag.Int("statements", 1200, "how many statements")
	runFor     = flag.Duration("for", 0, "how long instead of how many")
	only       = flag.Int("only", -1, "the number of the only statement to run")
	failures   = flag.Int("failures", 5, "after how many differences to stop")
	rejected   = flag.Bool("rejected", false, "log statements that the analyzer rejects: mistakes of the grammar here")
	shrinkFor  = flag.Duration("shrink", 10*time.Second, "how long to make a failing statement smaller")
)

// perWorld is how many statements run over the same data.
const perWorld = 40

func TestRandomStatements(t *testing.T) {
	t.Logf("seed %d", *seed)
	count := map[string]int{}
	start, failed := time.Now(), 0
	var w *world
	var c *checker
	for i := 0; failed < *failures; i++ {
		if *runFor > 0 && time.Since(start) > *runFor || *runFor == 0 && i >= *statements && *only < 0 || *only >= 0 && i > *only {
			break
		}
		if *only >= 0 && i != *only {
			continue
		}
		if i%perWorld == 0 || c == nil {
			if c != nil {
				closeWorld(t, c)
			}
			w = newWorld(rand.New(rand.NewPCG(*seed, 1<<32+uint64(i/perWorld))))
			c = newChecker(t, w.file())
		}
		rng := rand.New(rand.NewPCG(*seed, uint64(i)))
		g := &generator{rng: rng, mayFail: rng.IntN(4) == 0}
		stmt, ordered := g.statement()
		v := c.check(stmt.String(), ordered)
		count[v.kind()]++
		if v.rejected != nil && *rejected {
			t.Logf("statement %d: %v\n%s", i, v.rejected, stmt)
		}
		if v.difference != "" {
			failed++
			report(t, i, w, stmt, ordered, v)
		}
	}
	if c != nil {
		closeWorld(t, c)
	}
	t.Log(count)
	if total := len(count); total > 0 && count["rejected"] > count["same rows"] {
		t.Errorf("most statements are rejected: %v", count)
	}
}

func closeWorld(t *testing.T, c *checker) {
	if err := c.world.Close(); err != nil {
		t.Fatal(err)
	}
}

// kind puts verdicts into classes for the log.
func (v verdict) kind() string {
	switch {
	case v.rejected != nil:
		return "rejected"
	case v.skipped != "":
		return "skipped: " + v.skipped
	case v.difference != "":
		return "difference"
	case v.err != nil:
		return "error"
	case len(v.expected.rows) == 0:
		return "no rows"
	}
	return "same rows"
}

// report makes a failing statement and its data smaller, and prints them as a file for test/slt.
func report(t *testing.T, number int, w *world, stmt *tree, ordered bool, first verdict) {
	until := time.Now().Add(*shrinkFor)
	kind := differenceKind(first.difference)
	last := first
	fails := func(commands []string) bool {
		c := newChecker(t, strings.Join(commands, "\n\n")+"\n")
		defer closeWorld(t, c)
		v := c.check(stmt.String(), ordered)
		if v.rejected != nil || differenceKind(v.difference) != kind {
			return false
		}
		last = v
		return true
	}
	commands := w.commands
	if !fails(commands) {
		t.Logf("the difference does not come again")
	}
	shrink(stmt, until, func() bool { return fails(commands) })
	for i := len(commands) - 1; i >= 0 && time.Now().Before(until); i-- {
		less := append(append([]string(nil), commands[:i]...), commands[i+1:]...)
		if fails(less) {
			commands = less
		}
	}
	fails(commands)
	t.Errorf("statement %d: %s\nrepeat with: go test ./test/differential -seed %d -only %d\n\n%s", number, last.difference, *seed, number,
		file(commands, stmt.String(), last))
}

// differenceKind is what remains the same of a difference when the statement becomes smaller.
func differenceKind(d string) string {
	for _, mark := range []string{"panic", "fails: ", "want error"} {
		if strings.Contains(d, mark) {
			return mark
		}
	}
	if d == "" {
		return ""
	}
	return "rows"
}

// file writes data and statement as a file for test/slt, with the answer of the naive executor.
func file(commands []string, sql string, v verdict) string {
	var b strings.Builder
	b.WriteString("# name: \n# source: found by the differential test\n\n" + strings.Join(commands, "\n\n") + "\n\n")
	if v.err != nil {
		b.WriteString("error " + map[dberr.Kind]string{dberr.Execution: "QueryExecutionException"}[dberr.KindOf(v.err)] + " " + v.err.Error() + "\n" + sql + "\n")
		return b.String()
	}
	letters, lines := slt.AnswerLines(v.columns, v.expected.rows)
	b.WriteString("query " + letters + " rowsort\n" + sql + "\n----\n" + strings.Join(lines, "\n") + "\n")
	return b.String()
}
