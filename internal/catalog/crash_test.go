package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/vfs/faultfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
	"github.com/tidemarkdb/tidemark/internal/wal"
)

// randomChange makes one change that may or may not fit what is there. acknowledged is false if it failed because of the
// disk; refusals count as acknowledged, for they change nothing.
func randomChange(c *Catalog, rng *rand.Rand, stamp int64) (acknowledged bool) {
	db, name := fmt.Sprint("d", rng.IntN(3)), fmt.Sprint("t", rng.IntN(5))
	var err error
	switch rng.IntN(15) {
	case 13, 14:
		err = randomBatchChange(c, rng, stamp)
	case 0, 1:
		err = c.CreateDatabase(Database{Name: db, CreatedAt: stamp, KMSKeyID: strings.Repeat("k", rng.IntN(700))})
	case 2:
		err = c.DropDatabase(db)
	case 3:
		_, err = c.UpdateDatabase(db, func(d *Database) (bool, error) { d.UpdatedAt = stamp; return true, nil })
	case 4, 5:
		_, err = c.CreateTable(Table{Database: db, Name: name, CreatedAt: stamp})
	case 6:
		var t *Table
		if t, err = c.Table(db, name); err == nil {
			err = c.DropTable(t)
		}
	case 7:
		_, err = c.UpdateAccount(func(a *Account) (bool, error) { a.MaxQueryTCU = stamp; return true, nil })
	case 8:
		err = c.EditTableTags(db, name, func(tags []Tag) ([]Tag, error) {
			return WithTags(tags, []Tag{{Key: fmt.Sprint(stamp % 3), Value: fmt.Sprint(stamp)}})
		})
	case 9:
		if err = c.begin(); err == nil {
			err = c.snapshot()
		}
		c.changing.Unlock()
		if err != nil {
			return false
		}
	case 10:
		err = c.CreateScheduledQuery(ScheduledQuery{ID: db, First: stamp, Token: name}, func() error { return nil })
	case 11:
		_, err = c.UpdateScheduledState(db, func(_ *ScheduledQuery, st *ScheduledState) (bool, []Notice) {
			st.Next, st.Manual = stamp, []Invocation{{At: stamp}}
			return true, nil
		})
	case 12:
		err = c.DropScheduledQuery(db)
	}
	return !dberr.Is(err, dberr.Unavailable)
}

// randomBatchChange makes a change of one of three batch load tasks.
func randomBatchChange(c *Catalog, rng *rand.Rand, stamp int64) error {
	id := fmt.Sprint("TASK", rng.IntN(3))
	switch rng.IntN(4) {
	case 0:
		_, err := c.CreateBatchTask(BatchTask{ID: id, CreatedAt: stamp, Config: json.RawMessage(`{"a":1}`)}, func([]*BatchTask) (*BatchTask, error) { return nil, nil })
		return err
	case 1:
		_, err := c.UpdateBatchTask(id, func(t *BatchTask) error {
			t.Status, t.Files = BatchInProgress, []BatchFile{{"k", stamp, ""}}
			return nil
		})
		return err
	case 2:
		return c.SetBatchProgress(id, stamp, BatchProgress{Ingested: stamp, Place: json.RawMessage(`[1]`)})
	}
	return c.DropBatchTask(id)
}

// TestCrash: whatever a power cut leaves, the catalog opens with all acknowledged changes, and with the one under way in
// full or not at all. A second catalog on a good disk makes the same changes and says what they lead to.
func TestCrash(t *testing.T) {
	for seed := uint64(1); seed <= 500; seed++ {
		rng, rng2, faults := rand.New(rand.NewPCG(seed, 0)), rand.New(rand.NewPCG(seed, 0)), rand.New(rand.NewPCG(seed, 1))
		disk := memfs.New()
		fs := faultfs.New(disk)
		c, model := open(t, fs), open(t, memfs.New())
		for i := range int64(faults.IntN(12)) {
			if !randomChange(c, rng, i) || !randomChange(model, rng2, i) {
				t.Fatalf("seed %d: a change failed on a good disk", seed)
			}
		}
		before := describe(c)
		fs.Add(faultfs.Rule{Match: faultfs.Changes, Nth: 1 + faults.IntN(9), Permanent: true, Effect: faultfs.Effect(faults.IntN(3))})
		acknowledged := randomChange(c, rng, 99)
		randomChange(model, rng2, 99)
		after := describe(model)

		copied := disk.Crash(faults)
		got := describe(open(t, copied))
		if !reflect.DeepEqual(got, after) && (acknowledged || !reflect.DeepEqual(got, before)) {
			t.Fatalf("seed %d: acknowledged %v, got\n%v\nbefore\n%v\nafter\n%v", seed, acknowledged, got, before, after)
		}
		if second := describe(open(t, copied.CrashClean())); !reflect.DeepEqual(second, got) {
			t.Fatalf("seed %d: a second recovery gives\n%v\nafter\n%v", seed, second, got)
		}
	}
}

// TestFaults: a change that fails says so and is not visible, the catalog heals itself when the disk works again, and
// nothing acknowledged is lost.
func TestFaults(t *testing.T) {
	for nth := 1; nth <= 12; nth++ {
		for _, effect := range []faultfs.Effect{faultfs.Fail, faultfs.FailAfter, faultfs.Short} {
			for _, permanent := range []bool{false, true} {
				testFault(t, faultfs.Rule{Match: faultfs.Changes, Nth: nth, Effect: effect, Permanent: permanent})
			}
		}
	}
}

func testFault(t *testing.T, rule faultfs.Rule) {
	disk := memfs.New()
	fs := faultfs.New(disk)
	c := open(t, fs)
	fs.Add(rule)
	var acknowledged []string
	for i := range 4 {
		name := fmt.Sprint("d", i)
		err := c.CreateDatabase(Database{Name: name})
		if err == nil {
			acknowledged = append(acknowledged, name)
		} else if !dberr.Is(err, dberr.Unavailable) {
			t.Fatalf("%+v: %v", rule, err)
		}
		if _, visible := c.Database(name); (visible == nil) != (err == nil) {
			t.Fatalf("%+v: %s failed with %v, visible %v", rule, name, err, visible == nil)
		}
	}
	fs.Clear()
	if err := c.CreateDatabase(Database{Name: "healed"}); err != nil {
		t.Fatalf("%+v: after the fault: %v", rule, err)
	}
	for _, name := range acknowledged {
		if _, err := c.Database(name); err != nil {
			t.Fatalf("%+v: %v", rule, err)
		}
	}
	state := describe(c)
	if got := describe(open(t, disk.CrashClean())); !reflect.DeepEqual(got, state) {
		t.Fatalf("%+v: after a crash\n%v\nwant\n%v", rule, got, state)
	}
}

// TestOpenFaults: a catalog that cannot be read or written does not open, and opens when the disk works again.
func TestOpenFaults(t *testing.T) {
	disk := memfs.New()
	c := open(t, disk)
	if err := c.CreateDatabase(Database{Name: "d"}); err != nil {
		t.Fatal(err)
	}
	want := describe(c)
	for nth := 1; ; nth++ {
		copied := disk.CrashClean()
		fs := faultfs.New(copied)
		rule := fs.Add(faultfs.Rule{Nth: nth})
		c, err := Open(Options{FS: fs})
		if !rule.Fired() {
			break
		}
		if err == nil {
			if got := describe(c); !reflect.DeepEqual(got, want) {
				t.Errorf("operation %d failed: %v", nth, got)
			}
			continue
		}
		if kind := dberr.KindOf(err); kind != dberr.Unavailable {
			t.Errorf("operation %d failed: %v (%v)", nth, err, kind)
		}
		fs.Clear()
		if got := describe(open(t, fs)); !reflect.DeepEqual(got, want) {
			t.Errorf("after operation %d failed: %v", nth, got)
		}
	}
}

// TestDamage: with any byte of any file changed the catalog opens as it was or says what is wrong. Only after a crash can
// damage to the very last change not be told from an unfinished write, and takes that change away.
func TestDamage(t *testing.T) {
	disk := memfs.New()
	c := open(t, disk)
	for i := range 3 {
		if err := c.CreateDatabase(Database{Name: fmt.Sprint("d", i)}); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			if err := c.snapshot(); err != nil {
				t.Fatal(err)
			}
		}
	}
	prior := describe(c)
	if _, err := c.CreateTable(Table{Database: "d1", Name: "t"}); err != nil {
		t.Fatal(err)
	}
	want := describe(c)
	crashed := disk.CrashClean()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	lost := 0
	flipEach(t, crashed, func(name string, c *Catalog) {
		if got := describe(c); reflect.DeepEqual(got, prior) {
			lost++
		} else if !reflect.DeepEqual(got, want) {
			t.Errorf("crashed, %s: wrong state %v", name, got)
		}
	})
	if lost == 0 {
		t.Error("no damage looked like an unfinished write: the test does not test that")
	}
	flipEach(t, disk, func(name string, c *Catalog) {
		if got := describe(c); !reflect.DeepEqual(got, want) {
			t.Errorf("closed, %s: wrong state %v", name, got)
		}
	})
}

// flipEach opens the catalog once for every byte of its files, with that byte changed, and hands those that open to check.
func flipEach(t *testing.T, disk *memfs.FS, check func(name string, c *Catalog)) {
	t.Helper()
	names, err := disk.List("catalog")
	if err != nil || len(names) < 2 {
		t.Fatalf("files %v, error %v", names, err)
	}
	for _, name := range names {
		good, err := disk.Bytes("catalog/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for i := range good {
			bad := slices.Clone(good)
			bad[i] ^= 0x41
			fs := disk.CrashClean()
			write(t, fs, "catalog/"+name, bad)
			c, err := Open(Options{FS: fs})
			if err == nil {
				check(fmt.Sprintf("%s byte %d", name, i), c)
				_ = c.Close()
			} else if kind := dberr.KindOf(err); kind != dberr.Corruption && kind != dberr.Unavailable {
				t.Errorf("%s byte %d: %v", name, i, err)
			}
		}
	}
}

func write(t *testing.T, fs *memfs.FS, name string, data []byte) {
	t.Helper()
	err := fs.MkdirAll("catalog")
	f, cerr := fs.Create(name)
	if err = errors.Join(err, cerr); err == nil {
		_, err = f.Write(data)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// FuzzSnapshot: no bytes in a snapshot make Open panic, not even with a right checksum.
func FuzzSnapshot(f *testing.F) {
	for _, lines := range []string{`{"put_database":{"name":"d"}}` + "\n" + `{"put_table":{"id":1,"database":"d","name":"t"}}` + "\n", `{"drop_table":1}`,
		`{"drop_database":"x"}`, `{"put_table":{"id":1}}`, `{}`, "\n", `{"next_id":18446744073709551615}`, `[]`,
		`{"put_scheduled_query":{"id":"q"}}` + "\n" + `{"put_scheduled_state":{"id":"q"}}`, `{"put_scheduled_state":{"id":"q"}}`, `{"drop_scheduled_query":"q"}`, `{"put_notice":{}}`} {
		f.Add([]byte(lines))
	}
	f.Fuzz(func(t *testing.T, lines []byte) {
		data := append(make([]byte, snapshotHeader), lines...)
		sealSnapshot(data)
		fs := memfs.New()
		write(t, fs, "catalog/00000001.snapshot", data)
		log, err := wal.Open(wal.Options{FS: fs, Dir: "catalog", Suffix: logSuffix, First: 1}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
		if c, err := Open(Options{FS: fs}); err == nil {
			_ = describe(c)
			_ = c.Close()
		}
	})
}
