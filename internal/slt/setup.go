package slt

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/engine"
)

// tableName is a table with its database.
type tableName struct{ database, name string }

// tableOf reads the name of a table; without a dot it is one of the file's own database.
func tableOf(text string) tableName {
	if db, name, ok := strings.Cut(text, "."); ok {
		return tableName{db, name}
	}
	return tableName{database, text}
}

// span reads a length of time; d stands for days.
func span(t *testing.T, c *command, text string) time.Duration {
	t.Helper()
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil {
			return time.Duration(n) * 24 * time.Hour
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("line %d: %v", c.line, err)
	}
	return d
}

func (r *runner) createDatabase(t *testing.T, c *command, name string) {
	t.Helper()
	if _, err := r.engine.CreateDatabase(context.Background(), engine.CreateDatabaseInput{Name: name}); err != nil {
		t.Fatalf("line %d: %v", c.line, err)
	}
}

// table carries out "table name [memory D] [magnetic D]", which makes a table, and "retention name [memory D] [magnetic D]",
// which changes how long one keeps its rows.
func (r *runner) table(t *testing.T, c *command) {
	t.Helper()
	words := strings.Fields(c.args)
	if len(words) == 0 || len(words)%2 == 0 {
		t.Fatalf("line %d: %s needs a name, and may have memory and magnetic with a time each", c.line, c.name)
	}
	keep := keepLong
	for i := 1; i < len(words); i += 2 {
		switch words[i] {
		case "memory":
			keep.MemoryHours = int64(span(t, c, words[i+1]) / time.Hour)
		case "magnetic":
			keep.MagneticDays = int64(span(t, c, words[i+1]) / (24 * time.Hour))
		default:
			t.Fatalf("line %d: %q is neither memory nor magnetic", c.line, words[i])
		}
	}
	name := tableOf(words[0])
	if c.name == "table" {
		r.createTable(t, c, name, keep)
		return
	}
	in := engine.UpdateTableInput{Database: name.database, Name: name.name, Retention: &keep}
	if _, err := r.engine.UpdateTable(context.Background(), in); err != nil {
		t.Fatalf("line %d: %v", c.line, err)
	}
}

// keepLong is the retention of tables that are made by writing to them.
var keepLong = engine.Retention{MemoryHours: 24, MagneticDays: 3650}

func (r *runner) createTable(t *testing.T, c *command, name tableName, keep engine.Retention) {
	t.Helper()
	r.tables[name] = true
	in := engine.CreateTableInput{Database: name.database, Name: name.name, MagneticWrites: &engine.MagneticWrites{Enabled: true}, Retention: &keep}
	if _, err := r.engine.CreateTable(context.Background(), in); err != nil {
		t.Fatalf("line %d: %v", c.line, err)
	}
}

func (r *runner) write(t *testing.T, c *command) {
	t.Helper()
	if _, res := r.send(t, c); len(res.Rejected) > 0 {
		t.Fatalf("line %d: record rejected: %s", c.line, res.Rejected[0].Reason)
	}
	if r.variant.Flush {
		r.flush(t)
	}
	if r.variant.Restart {
		r.restart(t)
	}
}

// reject writes records none of which may be taken.
func (r *runner) reject(t *testing.T, c *command) {
	t.Helper()
	want := strings.Join(c.want, " ")
	sent, res := r.send(t, c)
	if len(res.Rejected) != sent {
		t.Errorf("line %d: %d of %d records rejected", c.line, len(res.Rejected), sent)
	}
	for _, x := range res.Rejected {
		if !strings.HasPrefix(x.Reason, want) {
			t.Errorf("line %d: rejected for another reason\ngot  %s\nwant %s", c.line, x.Reason, want)
		}
	}
}

// send writes the records of a command and returns how many there were.
func (r *runner) send(t *testing.T, c *command) (int, engine.WriteResult) {
	t.Helper()
	args := strings.Fields(c.args)
	var version int64
	if len(args) == 3 && args[1] == "version" {
		if _, err := fmt.Sscan(args[2], &version); err != nil {
			t.Fatalf("line %d: %v", c.line, err)
		}
	} else if len(args) != 1 {
		t.Fatalf("line %d: %s needs a table name, and may have a version", c.line, c.name)
	}
	name := tableOf(args[0])
	if !r.tables[name] {
		r.createTable(t, c, name, keepLong)
	}
	list, err := records(c, version, r.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	res, err := r.engine.WriteRecords(context.Background(), &engine.WriteRequest{Database: name.database, Table: name.name, Records: list})
	if err != nil {
		t.Fatalf("line %d: %v", c.line, err)
	}
	return len(list), res
}
