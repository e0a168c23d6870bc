package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// free lets every task be created.
func free([]*BatchTask) (*BatchTask, error) { return nil, nil }

// TestBatchTasks: tasks are kept in the order of their creation, over restarts and snapshots, until they are dropped.
func TestBatchTasks(t *testing.T) {
	fs := memfs.New()
	c := open(t, fs)
	for _, id := range []string{"C", "A", "B"} {
		made, err := c.CreateBatchTask(BatchTask{ID: id, Token: "token " + id, Status: BatchCreated, CreatedAt: 5, Config: json.RawMessage(`{"bucket":"b"}`)}, free)
		if err != nil || made.ID != id {
			t.Fatal(made, err)
		}
	}
	_, err := c.CreateBatchTask(BatchTask{ID: "A"}, free)
	wantKind(t, err, dberr.Conflict, "A batch load task with id A already exists.")
	full := errors.New("full")
	_, err = c.CreateBatchTask(BatchTask{ID: "D"}, func(all []*BatchTask) (*BatchTask, error) {
		if len(all) != 3 || all[1].ID != "A" {
			t.Errorf("%d tasks are checked", len(all))
		}
		return nil, full
	})
	if !errors.Is(err, full) {
		t.Error(err)
	}
	if same, err := c.CreateBatchTask(BatchTask{ID: "D"}, func(all []*BatchTask) (*BatchTask, error) { return all[2], nil }); err != nil || same.ID != "B" {
		t.Error(same, err)
	}
	if got, err := c.UpdateBatchTask("A", func(t *BatchTask) error { t.Status, t.Files = BatchInProgress, []BatchFile{{"k", 7, "e"}}; return nil }); err != nil || got.Status != BatchInProgress {
		t.Error(got, err)
	}
	if _, err := c.UpdateBatchTask("A", func(t *BatchTask) error { t.Status = BatchFailed; return full }); !errors.Is(err, full) {
		t.Error(err)
	}
	if err := c.SetBatchProgress("A", 9, BatchProgress{Processed: 3, Ingested: 2, ParseFailures: 1, Place: json.RawMessage(`{"file":0}`)}); err != nil {
		t.Fatal(err)
	}
	if err := c.DropBatchTask("C"); err != nil {
		t.Fatal(err)
	}
	_, err = c.BatchTask("C")
	wantKind(t, err, dberr.NotFound, "The batch load task C does not exist.")
	for _, err := range []error{c.DropBatchTask("C"), c.SetBatchProgress("C", 1, BatchProgress{})} {
		wantKind(t, err, dberr.NotFound, "The batch load task C does not exist.")
	}
	_, err = c.UpdateBatchTask("C", nil)
	wantKind(t, err, dberr.NotFound, "The batch load task C does not exist.")

	check := func(c *Catalog) {
		t.Helper()
		got := ""
		for _, task := range c.BatchTasks() {
			got += fmt.Sprintf("%s %s %d %v %d %d %s; ", task.ID, task.Status, task.UpdatedAt, task.Files, task.Progress.Processed, task.Progress.ParseFailures, task.Progress.Place)
		}
		if want := `A IN_PROGRESS 9 [{k 7 e}] 3 1 {"file":0}; B CREATED 0 [] 0 0 ; `; got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
	check(c)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = open(t, fs)
	check(c)
	before := describe(c)
	if err := c.begin(); err != nil {
		t.Fatal(err)
	}
	if err := c.snapshot(); err != nil {
		t.Fatal(err)
	}
	c.changing.Unlock()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = open(t, fs)
	check(c)
	if got := describe(c); !reflect.DeepEqual(got, before) {
		t.Errorf("%v, want %v", got, before)
	}
}
