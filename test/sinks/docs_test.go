package sinks_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/sink"
	"github.com/tidemarkdb/tidemark/test/databases"
	"github.com/tidemarkdb/tidemark/test/process"
)

// page returns docs/sinks.md.
func page(t *testing.T) string {
	t.Helper()
	root, err := process.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "docs", "sinks.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestPageIsTrue checks the example of docs/sinks.md: its file of sinks is read without an error, and its scheduled query runs the
// statement that the hour above runs.
func TestPageIsTrue(t *testing.T) {
	blocks := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(page(t), -1)
	if len(blocks) != 2 {
		t.Fatalf("%d examples", len(blocks))
	}
	config, err := sink.Parse([]byte(blocks[0][1]))
	if err != nil {
		t.Fatal(err)
	}
	var query struct {
		QueryString string
		Tags        []struct{ Key, Value string }
	}
	if err := json.Unmarshal([]byte(blocks[1][1]), &query); err != nil {
		t.Fatal(err)
	}
	if got, want := query.QueryString, strings.Join(strings.Fields(aggregation), " "); got != want {
		t.Errorf("the page has the statement\n%s\nbut what is tested is\n%s", got, want)
	}
	if _, ok := config.Sinks[query.Tags[0].Value]; !ok || query.Tags[0].Key != "tidemark:sink" {
		t.Errorf("no sink %+v", query.Tags)
	}
}

// TestPageTables executes the definitions of tidemark_runs that the page gives to those who may not let the sink do it.
func TestPageTables(t *testing.T) {
	_, both, _ := strings.Cut(page(t), "-- MySQL\n")
	mysql, rest, _ := strings.Cut(both, "-- PostgreSQL\n")
	postgres, _, _ := strings.Cut(rest, "```")
	for name, c := range map[string]struct {
		start func(testing.TB) *databases.Server
		text  string
	}{"MariaDB": {databases.MariaDB, "USE " + databases.Database + "; " + mysql}, "PostgreSQL": {databases.PostgreSQL, postgres}} {
		t.Run(name, func(t *testing.T) {
			if _, err := c.start(t).Admin(t).Exec(c.text); err != nil {
				t.Error(err)
			}
		})
	}
}
