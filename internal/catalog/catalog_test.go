package catalog

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

func open(t testing.TB, fs vfs.FS) *Catalog {
	t.Helper()
	c, err := Open(Options{FS: fs})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func wantKind(t *testing.T, err error, kind dberr.Kind, text string) {
	t.Helper()
	if !dberr.Is(err, kind) || err.Error() != text {
		t.Errorf("got %v (%v), want %s (%v)", err, dberr.KindOf(err), text, kind)
	}
}

func drop(t *testing.T, c *Catalog, database, name string) {
	t.Helper()
	table, err := c.Table(database, name)
	if err == nil {
		err = c.DropTable(table)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// describe lists everything in a catalog, for comparisons.
func describe(c *Catalog) []string {
	var out []string
	_ = c.state.changes(func(ch *change) error {
		line, err := json.Marshal(ch)
		out = append(out, string(line))
		return err
	})
	return out
}

func TestDatabases(t *testing.T) {
	c := open(t, memfs.New())
	for _, name := range []string{"b", "a", "c"} {
		if err := c.CreateDatabase(Database{Name: name, KMSKeyID: "k", CreatedAt: 1, UpdatedAt: 1, Tags: []Tag{{"x", "y"}}}); err != nil {
			t.Fatal(err)
		}
	}
	wantKind(t, c.CreateDatabase(Database{Name: "a"}), dberr.Conflict, "A database with name a already exists.")
	if _, err := c.Database("zz"); err == nil {
		t.Error("missing database found")
	} else {
		wantKind(t, err, dberr.NotFound, "The database zz does not exist.")
	}

	names := func(list []DatabaseInfo) (out []string) {
		for _, d := range list {
			out = append(out, d.Name)
		}
		return out
	}
	for _, tt := range []struct {
		after string
		limit int
		want  []string
	}{{"", 0, []string{"a", "b", "c"}}, {"", 2, []string{"a", "b"}}, {"b", 2, []string{"c"}}, {"bb", 2, []string{"c"}}, {"c", 2, nil}} {
		if got := names(c.Databases(tt.after, tt.limit)); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("after %q limit %d: %v, want %v", tt.after, tt.limit, got, tt.want)
		}
	}

	d, err := c.UpdateDatabase("a", func(d *Database) (bool, error) { d.KMSKeyID, d.UpdatedAt = "k2", 5; return true, nil })
	if err != nil || d.KMSKeyID != "k2" || d.UpdatedAt != 5 || d.CreatedAt != 1 {
		t.Errorf("update: %+v, %v", d, err)
	}
	if _, err := c.UpdateDatabase("zz", nil); !dberr.Is(err, dberr.NotFound) {
		t.Errorf("update of a missing database: %v", err)
	}
	if _, err := c.CreateTable(Table{Database: "a", Name: "t"}); err != nil {
		t.Fatal(err)
	}
	wantKind(t, c.DropDatabase("a"), dberr.Invalid, "The database a cannot be deleted because it still has tables. Delete its tables first.")
	drop(t, c, "a", "t")
	if err := c.DropDatabase("a"); err != nil {
		t.Fatal(err)
	}
	wantKind(t, c.DropDatabase("a"), dberr.NotFound, "The database a does not exist.")
}

func TestTables(t *testing.T) {
	c := open(t, memfs.New())
	for _, name := range []string{"d2", "d1"} {
		if err := c.CreateDatabase(Database{Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"d1/b", "d1/a", "d2/a"} {
		if _, err := c.CreateTable(Table{Database: name[:2], Name: name[3:], MemoryHours: 6}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := c.CreateTable(Table{Database: "d1", Name: "a"})
	wantKind(t, err, dberr.Conflict, "A table with name a already exists.")
	_, err = c.CreateTable(Table{Database: "d9", Name: "a"})
	wantKind(t, err, dberr.NotFound, "The database d9 does not exist.")
	_, err = c.Table("d1", "zz")
	wantKind(t, err, dberr.NotFound, "The table zz does not exist.")
	_, err = c.Tables("d9", "", 0)
	wantKind(t, err, dberr.NotFound, "The database d9 does not exist.")

	names := func(list []*Table) (out []string) {
		for _, d := range list {
			out = append(out, d.Database+"/"+d.Name)
		}
		return out
	}
	all := []string{"d1/a", "d1/b", "d2/a"}
	for limit := 1; limit <= 4; limit++ {
		var got []string
		for db, table := "", ""; ; {
			page := c.AllTables(db, table, limit)
			got = append(got, names(page)...)
			if len(page) < limit {
				break
			}
			db, table = page[limit-1].Database, page[limit-1].Name
		}
		if !reflect.DeepEqual(got, all) {
			t.Errorf("pages of %d: %v", limit, got)
		}
	}
	if page, err := c.Tables("d1", "a", 5); err != nil || !reflect.DeepEqual(names(page), all[1:2]) {
		t.Errorf("tables of d1 after a: %v, %v", names(page), err)
	}

	before, _ := c.Table("d1", "a")
	now, err := c.UpdateTable("d1", "a", func(t *Table) (bool, error) { t.MemoryHours = 24; return true, nil })
	if err != nil || now.MemoryHours != 24 || before.MemoryHours != 6 || now.ID != before.ID || c.TableByID(now.ID) != now {
		t.Errorf("update: %+v, before %+v, %v", now, before, err)
	}
	if same, err := c.UpdateTable("d1", "a", func(*Table) (bool, error) { return false, nil }); err != nil || same != now {
		t.Errorf("update without a change: %v", err)
	}
	drop(t, c, "d1", "a")
	if c.TableByID(now.ID) != nil {
		t.Error("a dropped table is still there")
	}
	again, err := c.CreateTable(Table{Database: "d1", Name: "a"})
	if err != nil || again.ID <= 3 {
		t.Errorf("a number is used again: %+v, %v", again, err)
	}
	wantKind(t, c.DropTable(now), dberr.NotFound, "The table a does not exist.")
}

// TestQuotas: the counts at which creation stops, and that dropping makes room.
func TestQuotas(t *testing.T) {
	c := open(t, memfs.New())
	for i := range DatabasesMax {
		if err := c.CreateDatabase(Database{Name: fmt.Sprint("d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	wantKind(t, c.CreateDatabase(Database{Name: "more"}), dberr.Limit, "Limit for number of databases per account exceeded")
	for i := range TablesMax {
		if _, err := c.CreateTable(Table{Database: fmt.Sprint("d", i%3), Name: fmt.Sprint("t", i)}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := c.CreateTable(Table{Database: "d7", Name: "more"})
	wantKind(t, err, dberr.Limit, "Limit for number of tables per account exceeded")
	drop(t, c, "d0", "t0")
	if _, err := c.CreateTable(Table{Database: "d7", Name: "more"}); err != nil {
		t.Error(err)
	}
}

// TestReopen: everything is there again, also after a snapshot, and numbers go on.
func TestReopen(t *testing.T) {
	fs := memfs.New()
	c := open(t, fs)
	if !c.Created() {
		t.Error("a new catalog does not say so")
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(c.CreateDatabase(Database{Name: "d", KMSKeyID: "key", CreatedAt: 7, UpdatedAt: 8, Tags: []Tag{{"a", "<é>"}, {"b", ""}}}))
	_, err := c.CreateTable(Table{Database: "d", Name: "t", MemoryHours: 6, MagneticDays: 73000, CreatedAt: 9, UpdatedAt: 10,
		MagneticWrites: MagneticWrites{Enabled: true, Rejected: &S3Location{"bucket", "prefix", "SSE_KMS", "k"}},
		PartitionKey:   []PartitionKey{{KeyDimension, "host", KeyRequired}}, Tags: []Tag{{"t", "1"}}})
	must(err)
	_, err = c.CreateTable(Table{Database: "d", Name: "gone"})
	must(err)
	drop(t, c, "d", "gone")
	want := describe(c)
	must(c.Close())
	if err := c.CreateDatabase(Database{Name: "late"}); !dberr.Is(err, dberr.Unavailable) {
		t.Errorf("a change after Close: %v", err)
	}

	c = open(t, fs)
	if got := describe(c); !reflect.DeepEqual(got, want) || c.Created() {
		t.Errorf("after reopening:\n%v\nwant\n%v", got, want)
	}
	if rd, _ := c.Table("d", "t"); rd.RequiredDimension() != "host" {
		t.Error("the required dimension is lost")
	}
	must(c.snapshot())
	must(c.Close())
	c = open(t, fs)
	if got := describe(c); !reflect.DeepEqual(got, want) {
		t.Errorf("after a snapshot:\n%v\nwant\n%v", got, want)
	}
	if next, err := c.CreateTable(Table{Database: "d", Name: "next"}); err != nil || next.ID != 3 {
		t.Errorf("next table: %+v, %v", next, err)
	}
}

// TestMaintain: a long log becomes a snapshot, a short one does not.
func TestMaintain(t *testing.T) {
	fs := memfs.New()
	c := open(t, fs)
	if err := c.CreateDatabase(Database{Name: "d"}); err != nil {
		t.Fatal(err)
	}
	for i := int64(0); c.log.Size() <= logSlackBytes; i++ {
		if err := c.Maintain(); err != nil || c.snapshotBytes > 0 {
			t.Fatalf("snapshot of a short log, error %v", err)
		}
		if _, err := c.UpdateDatabase("d", func(d *Database) (bool, error) { d.UpdatedAt = i; return true, nil }); err != nil {
			t.Fatal(err)
		}
	}
	want := describe(c)
	fs.StartTrace()
	if err := c.Maintain(); err != nil || c.log.Size() > 1000 {
		t.Fatalf("log of %d bytes after Maintain, error %v", c.log.Size(), err)
	}
	steps := []string{"create catalog/00000002.log", "write catalog/00000002.log 40", "sync catalog/00000002.log", "syncdir catalog",
		"create catalog/00000002.snapshot.tmp", fmt.Sprintf("write catalog/00000002.snapshot.tmp %d", c.snapshotBytes), "sync catalog/00000002.snapshot.tmp",
		"rename catalog/00000002.snapshot.tmp -> catalog/00000002.snapshot", "syncdir catalog", "remove catalog/00000001.log"}
	if got := fs.Trace(); !reflect.DeepEqual(got, steps) {
		t.Errorf("steps\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(steps, "\n"))
	}
	if got := describe(open(t, fs.CrashClean())); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	fs.StartTrace()
	if err := c.CreateDatabase(Database{Name: "e"}); err != nil {
		t.Fatal(err)
	}
	if got := fs.Trace(); len(got) != 2 || got[1] != "sync catalog/00000002.log" {
		t.Errorf("a change takes the steps %q", got)
	}
}

// TestClock: the time only goes forward, and outlives a restart and a snapshot.
func TestClock(t *testing.T) {
	fs := memfs.New()
	c := open(t, fs)
	if got := c.Clock(); got != 0 {
		t.Errorf("a new catalog has the time %d", got)
	}
	for _, step := range []struct{ set, want int64 }{{5000, 5000}, {4000, 5000}, {6000, 6000}} {
		if err := c.SetClock(step.set); err != nil || c.Clock() != step.want {
			t.Errorf("after %d the time is %d, %v", step.set, c.Clock(), err)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = open(t, fs)
	c.changing.Lock()
	err := c.snapshot()
	c.changing.Unlock()
	if err != nil || c.Clock() != 6000 {
		t.Errorf("after a restart: %d, %v", c.Clock(), err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if c = open(t, fs); c.Clock() != 6000 {
		t.Errorf("after a snapshot: %d", c.Clock())
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	wantKind(t, c.SetClock(7000), dberr.Unavailable, "The server is shutting down")
}
