package catalog

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

func TestWithTags(t *testing.T) {
	have := []Tag{{"a", "1"}, {"b", "2"}}
	got, err := WithTags(have, []Tag{{"c", "3"}, {"a", "9"}, {"A", ""}})
	if want := []Tag{{"a", "9"}, {"b", "2"}, {"c", "3"}, {"A", ""}}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
	if want := []Tag{{"b", "2"}}; !reflect.DeepEqual(WithoutTags(have, []string{"a", "zz"}), want) {
		t.Errorf("without a: %v", WithoutTags(have, []string{"a", "zz"}))
	}
	if got := WithoutTags(have, []string{"a", "b"}); got != nil {
		t.Errorf("without all: %v", got)
	}
	if want := []Tag{{"a", "1"}, {"b", "2"}}; !reflect.DeepEqual(have, want) {
		t.Errorf("the list itself is now %v", have)
	}
}

// TestTagQuota: 200 tags are taken, however they come; one more is not, and changes nothing.
func TestTagQuota(t *testing.T) {
	var many []Tag
	for i := range TagsMax {
		many = append(many, Tag{Key: fmt.Sprint("k", i)})
	}
	full, err := WithTags(nil, many)
	if err != nil || len(full) != TagsMax {
		t.Fatalf("%d tags, %v", len(full), err)
	}
	if _, err := WithTags(full, []Tag{{"k0", "new value"}}); err != nil {
		t.Errorf("another value for a key of a full list: %v", err)
	}
	_, err = WithTags(full, []Tag{{"k200", ""}})
	wantKind(t, err, dberr.Limit, "Limit for number of tags per resource exceeded: it would have 201, and 200 is the most.")
}

// TestTagsAreDurable: tags of each kind of resource come back, in a snapshot and in a log; nothing is written if nothing
// changes.
func TestTagsAreDurable(t *testing.T) {
	disk := memfs.New()
	c := open(t, disk)
	if err := c.CreateDatabase(Database{Name: "d", Tags: []Tag{{"made", "with"}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.CreateTable(Table{Database: "d", Name: "t"}); err != nil {
		t.Fatal(err)
	}
	add := func(tags []Tag) ([]Tag, error) { return WithTags(tags, []Tag{{"later", "on"}}) }
	if err := c.EditDatabaseTags("d", add); err != nil {
		t.Fatal(err)
	}
	if err := c.EditTableTags("d", "t", add); err != nil {
		t.Fatal(err)
	}
	q := ScheduledQuery{ID: "q-1", Tags: []Tag{{"made", "with"}}}
	if err := c.CreateScheduledQuery(q, func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	if err := c.EditScheduledQueryTags("q-1", add); err != nil {
		t.Fatal(err)
	}
	before := c.log.Size()
	if err := c.EditTableTags("d", "t", add); err != nil || c.log.Size() != before {
		t.Errorf("the same tags again: %v, the log went from %d to %d bytes", err, before, c.log.Size())
	}
	wantKind(t, c.EditDatabaseTags("zz", add), dberr.NotFound, "The database zz does not exist.")
	wantKind(t, c.EditTableTags("d", "zz", add), dberr.NotFound, "The table zz does not exist.")
	for range 2 {
		c = open(t, disk.CrashClean())
		database, err := c.DatabaseTags("d")
		if want := []Tag{{"made", "with"}, {"later", "on"}}; err != nil || !reflect.DeepEqual(database, want) {
			t.Errorf("tags of the database: %v, %v", database, err)
		}
		table, err := c.TableTags("d", "t")
		if want := []Tag{{"later", "on"}}; err != nil || !reflect.DeepEqual(table, want) {
			t.Errorf("tags of the table: %v, %v", table, err)
		}
		query, err := c.ScheduledQueryTags("q-1")
		if want := []Tag{{"made", "with"}, {"later", "on"}}; err != nil || !reflect.DeepEqual(query, want) {
			t.Errorf("tags of the scheduled query: %v, %v", query, err)
		}
		if err := c.snapshot(); err != nil {
			t.Fatal(err)
		}
	}
}
