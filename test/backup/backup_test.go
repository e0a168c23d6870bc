//go:build unix

// Package backup_test backs up a real server while clients write to it, kills the server, restores what was backed up and looks for
// everything that was acknowledged before each backup began.
package backup_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/timestreamquery"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"

	"github.com/tidemarkdb/tidemark/test/process"
)

// batchRecords is how many records a request has.
const batchRecords = 50

// world is a server, its clients, and what they know to be stored.
type world struct {
	t      *testing.T
	binary string
	server *process.Server
	data   string

	mu     sync.Mutex
	acked  map[string]bool // requests, by client and number
	slowed time.Duration   // the longest request so far
}

// request is the name of a request: all of its records carry it.
func request(client, n int) string { return fmt.Sprintf("%d-%d", client, n) }

// TestBackupWhileServing: two backups, the second one incremental, a kill, and both restored.
func TestBackupWhileServing(t *testing.T) {
	dir := t.TempDir()
	binary, err := process.Build(dir)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, binary: binary, data: filepath.Join(dir, "data"), acked: map[string]bool{}}
	w.start(w.data)
	w.declare()
	w.fillCold()
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for c := range 4 {
		clients.Go(func() { w.write(c, stop) })
	}
	backups := filepath.Join(dir, "backups")
	var known []map[string]bool
	var paths []string
	w.awaitCold()
	for range 2 {
		time.Sleep(time.Second)
		k, quiet := w.known()
		known = append(known, k)
		path := w.backUp(backups)
		_, busy := w.known()
		t.Logf("%d requests were known; the longest took %s before the backup, %s with it", len(k), quiet, busy)
		paths = append(paths, path)
	}
	if len(known[1]) <= len(known[0]) {
		t.Error("no request was acknowledged between the backups")
	}
	w.checkLinks(paths[0], paths[1])
	w.server.Kill()
	close(stop)
	clients.Wait()
	for i, path := range paths {
		to := filepath.Join(dir, fmt.Sprint("restored", i))
		w.run("restore", path, to)
		w.run("inspect", "--verify", to)
		w.run("inspect", "--verify", path)
		w.start(to)
		w.check(known[i])
		if _, err := w.server.Stop(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		w.run("inspect", "--verify", to)
	}
	// The killed server has left its socket, and a third backup needs none.
	w.run("backup", "--data", w.data, backups)
	w.run("inspect", "--verify", w.data)
}

// start starts a server on a folder, with little memory, so that it flushes and merges all the time.
func (w *world) start(data string) {
	w.t.Helper()
	s, err := process.Start(process.Options{Binary: w.binary, Data: data, Args: []string{"--memstore-mib", "1"}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(s.Kill)
	w.server = s
}

// declare makes the tables.
func (w *world) declare() {
	w.t.Helper()
	writer, ctx := w.server.Writer(), context.Background()
	if _, err := writer.CreateDatabase(ctx, &timestreamwrite.CreateDatabaseInput{DatabaseName: aws.String("lab")}); err != nil {
		w.t.Fatal(err)
	}
	for i := range 2 {
		if _, err := writer.CreateTable(ctx, &timestreamwrite.CreateTableInput{DatabaseName: aws.String("lab"), TableName: aws.String(fmt.Sprint("table", i))}); err != nil {
			w.t.Fatal(err)
		}
	}
}

// fillCold writes records of yesterday to a table of its own. They become segments that nothing is merged with.
func (w *world) fillCold() {
	w.t.Helper()
	writer, ctx := w.server.Writer(), context.Background()
	_, err := writer.CreateTable(ctx, &timestreamwrite.CreateTableInput{
		DatabaseName: aws.String("lab"), TableName: aws.String("cold"),
		RetentionProperties: &types.RetentionProperties{MemoryStoreRetentionPeriodInHours: aws.Int64(72), MagneticStoreRetentionPeriodInDays: aws.Int64(10)},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	var records []types.Record
	for i := range 100 {
		records = append(records, types.Record{
			Dimensions:  []types.Dimension{{Name: aws.String("series"), Value: aws.String(fmt.Sprint(i))}},
			MeasureName: aws.String("m"), MeasureValue: aws.String("1"), MeasureValueType: types.MeasureValueTypeBigint,
			Time: aws.String(strconv.FormatInt(time.Now().Add(-24*time.Hour).UnixMilli(), 10)),
		})
	}
	if _, err := writer.WriteRecords(ctx, &timestreamwrite.WriteRecordsInput{DatabaseName: aws.String("lab"), TableName: aws.String("cold"), Records: records}); err != nil {
		w.t.Fatal(err)
	}
}

// awaitCold waits until the records of yesterday are in a segment.
func (w *world) awaitCold() {
	w.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if found, _ := filepath.Glob(filepath.Join(w.data, "data", "tables", "3", "*.seg")); len(found) > 0 {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatal("the server has flushed nothing for a minute")
		}
	}
}

// write sends requests until stop is closed or the server is gone, and notes which are acknowledged.
func (w *world) write(client int, stop <-chan struct{}) {
	writer := w.server.Writer()
	for n := 0; ; n++ {
		select {
		case <-stop:
			return
		default:
		}
		name := request(client, n)
		var records []types.Record
		for i := range batchRecords {
			records = append(records, types.Record{
				Dimensions:  []types.Dimension{{Name: aws.String("client"), Value: aws.String(fmt.Sprint(client))}, {Name: aws.String("series"), Value: aws.String(fmt.Sprint(i))}},
				MeasureName: aws.String("m"), MeasureValue: aws.String(name), MeasureValueType: types.MeasureValueTypeVarchar,
				Time: aws.String(strconv.FormatInt(time.Now().UnixMilli()*1000+int64(n%1000), 10)), TimeUnit: types.TimeUnitMicroseconds,
			})
		}
		begun := time.Now()
		_, err := writer.WriteRecords(context.Background(), &timestreamwrite.WriteRecordsInput{
			DatabaseName: aws.String("lab"), TableName: aws.String(fmt.Sprint("table", client%2)), Records: records,
		})
		if err != nil {
			<-stop // the server is gone, which is the end of this test, or the checks will say what is missing
			return
		}
		w.mu.Lock()
		w.acked[name] = true
		w.slowed = max(w.slowed, time.Since(begun))
		w.mu.Unlock()
	}
}

// known returns what has been acknowledged so far, and the time of the slowest request since the last call.
func (w *world) known() (map[string]bool, time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	slowest := w.slowed
	w.slowed = 0
	return maps.Clone(w.acked), slowest
}

// run runs a command of the program, which must succeed, and returns its output.
func (w *world) run(args ...string) string {
	w.t.Helper()
	out, err := exec.Command(w.binary, args...).CombinedOutput()
	if err != nil {
		w.t.Fatalf("tidemark %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// backUp makes a backup and returns its path.
func (w *world) backUp(dest string) string {
	w.t.Helper()
	out := w.run("backup", "--data", w.data, dest)
	path, _, _ := strings.Cut(out, "\n")
	w.t.Log(strings.TrimSpace(out))
	return path
}

// checkLinks checks that segments that two backups have are one file, and that nothing else is.
func (w *world) checkLinks(first, second string) {
	w.t.Helper()
	links := 0
	err := filepath.WalkDir(first, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		one, err := os.Stat(path)
		if err != nil {
			return err
		}
		other, err := os.Stat(filepath.Join(second, strings.TrimPrefix(path, first)))
		if err != nil {
			return nil // merged away meanwhile
		}
		linked := os.SameFile(one, other)
		if linked != strings.HasSuffix(path, ".seg") {
			w.t.Errorf("%s: linked is %v", path, linked)
		}
		if linked {
			links++
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if links == 0 {
		w.t.Error("no segment is linked, not even those of the cold table")
	}
}

// check compares what the server has with what was known: all requests that were, and every request as a whole.
func (w *world) check(known map[string]bool) {
	w.t.Helper()
	found := map[string]int{}
	for table := range 2 {
		pages := timestreamquery.NewQueryPaginator(w.server.Reader(), &timestreamquery.QueryInput{
			QueryString: aws.String(fmt.Sprintf(`SELECT measure_value::varchar, count(*) FROM lab.table%d GROUP BY measure_value::varchar`, table)),
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(context.Background())
			if err != nil {
				w.t.Fatal(err)
			}
			for _, row := range page.Rows {
				n, err := strconv.Atoi(*row.Data[1].ScalarValue)
				if err != nil {
					w.t.Fatal(err)
				}
				found[*row.Data[0].ScalarValue] = n
			}
		}
	}
	for name := range known {
		if found[name] != batchRecords {
			w.t.Fatalf("%d of %d records of request %s, which was acknowledged before the backup", found[name], batchRecords, name)
		}
	}
	for name, n := range found {
		if n != batchRecords {
			w.t.Fatalf("request %s is there in part: %d records", name, n)
		}
	}
	w.t.Logf("%d requests were known, %d are there", len(known), len(found))
}
