package engine

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/dberr"
)

func TestDatabaseOperations(t *testing.T) {
	e, c := newEngine(t)
	d, err := e.CreateDatabase(ctx, CreateDatabaseInput{Name: "devops", Tags: []Tag{{Key: "a", Value: "b"}}})
	if err != nil {
		t.Fatal(err)
	}
	if d.ARN != "arn:aws:timestream:us-east-1:000000000000:database/devops" || d.TableCount != 0 || d.CreatedAt != start.UnixMilli() || d.UpdatedAt != d.CreatedAt {
		t.Errorf("created %+v", d)
	}
	if !strings.HasPrefix(d.KMSKeyID, "arn:aws:kms:us-east-1:000000000000:key/") || len(d.KMSKeyID) != len("arn:aws:kms:us-east-1:000000000000:key/")+36 {
		t.Errorf("key %s", d.KMSKeyID)
	}
	c.Advance(time.Second)
	key := d.KMSKeyID
	if d, err = e.UpdateDatabase(ctx, "devops", key); err != nil || d.UpdatedAt != start.UnixMilli() {
		t.Errorf("update with the same key: %+v, %v", d, err)
	}
	if d, err = e.UpdateDatabase(ctx, "devops", "alias/mine"); err != nil || d.KMSKeyID != "alias/mine" || d.UpdatedAt != start.UnixMilli()+1000 {
		t.Errorf("update with another key: %+v, %v", d, err)
	}
	if d, err := e.DescribeDatabase(ctx, "devops"); err != nil || d.KMSKeyID != "alias/mine" || !reflect.DeepEqual(d.Tags, []Tag{{Key: "a", Value: "b"}}) {
		t.Errorf("describe: %+v, %v", d, err)
	}
	_, err = e.CreateDatabase(ctx, CreateDatabaseInput{Name: "devops"})
	wantError(t, err, dberr.Conflict, "A database with name devops already exists.")
	_, err = e.CreateDatabase(ctx, CreateDatabaseInput{Name: "x", Tags: []Tag{{Key: "a"}, {Key: "a"}}})
	wantError(t, err, dberr.Invalid, "The tag key a is given more than once.")
	_, err = e.CreateDatabase(ctx, CreateDatabaseInput{Name: "x", Tags: []Tag{{Key: "aws:a"}}})
	wantError(t, err, dberr.Invalid, "The tag key aws:a is reserved: keys must not begin with aws:.")
	_, err = e.UpdateDatabase(ctx, "nope", "k")
	wantError(t, err, dberr.NotFound, "The database nope does not exist.")
	if _, err := e.CreateTable(ctx, CreateTableInput{Database: "devops", Name: "t"}); err != nil {
		t.Fatal(err)
	}
	wantError(t, e.DeleteDatabase(ctx, "devops"), dberr.Invalid, "The database devops cannot be deleted because it still has tables. Delete its tables first.")
	if d, err := e.DescribeDatabase(ctx, "devops"); err != nil || d.TableCount != 1 {
		t.Errorf("with a table: %+v, %v", d, err)
	}
	if err := e.DeleteTable(ctx, "devops", "t"); err != nil {
		t.Fatal(err)
	}
	if err := e.DeleteDatabase(ctx, "devops"); err != nil {
		t.Fatal(err)
	}
	wantError(t, e.DeleteDatabase(ctx, "devops"), dberr.NotFound, "The database devops does not exist.")
}

// TestLists: pages of every size give every entry once, in order, and tokens fit only the list they come from.
func TestLists(t *testing.T) {
	e, _ := newEngine(t)
	var databases, tables, tablesOf1 []string
	for i := range 3 {
		db := fmt.Sprint("db", i)
		databases = append(databases, db)
		if _, err := e.CreateDatabase(ctx, CreateDatabaseInput{Name: db}); err != nil {
			t.Fatal(err)
		}
		for j := range 4 {
			tables = append(tables, db+"/t"+fmt.Sprint(j))
			if _, err := e.CreateTable(ctx, CreateTableInput{Database: db, Name: fmt.Sprint("t", j)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	tablesOf1 = tables[4:8]
	for limit := 1; limit <= 13; limit++ {
		var got []string
		for token := ""; ; {
			page, next, err := e.ListDatabases(ctx, token, limit)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range page {
				got = append(got, d.Name)
			}
			if token = next; token == "" {
				break
			}
		}
		if !reflect.DeepEqual(got, databases) {
			t.Errorf("databases in pages of %d: %v", limit, got)
		}
		for db, want := range map[string][]string{"": tables, "db1": tablesOf1} {
			got = nil
			for token := ""; ; {
				page, next, err := e.ListTables(ctx, db, token, limit)
				if err != nil {
					t.Fatal(err)
				}
				for _, t := range page {
					got = append(got, t.Database+"/"+t.Name)
				}
				if token = next; token == "" {
					break
				}
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("tables of %q in pages of %d: %v", db, limit, got)
			}
		}
	}
	_, ofDatabases, _ := e.ListDatabases(ctx, "", 1)
	_, ofTables, _ := e.ListTables(ctx, "db1", "", 1)
	for _, token := range []string{ofDatabases, "nonsense", "!!!"} {
		_, _, err := e.ListTables(ctx, "db1", token, 1)
		wantError(t, err, dberr.Invalid, "Invalid pagination token")
	}
	for _, db := range []string{"", "db2"} {
		_, _, err := e.ListTables(ctx, db, ofTables, 1)
		wantError(t, err, dberr.Invalid, "Invalid pagination token")
	}
	_, _, err := e.ListDatabases(ctx, ofTables, 1)
	wantError(t, err, dberr.Invalid, "Invalid pagination token")
	_, _, err = e.ListTables(ctx, "nope", "", 1)
	wantError(t, err, dberr.NotFound, "The database nope does not exist.")
}

// A page of no entries would never come to an end of its list.
func TestPagesHaveEntries(t *testing.T) {
	e, _ := newEngine(t)
	d, err := e.CreateDatabase(ctx, CreateDatabaseInput{Name: "lab", Tags: []Tag{{Key: "a"}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, limit := range []int{0, -1} {
		_, _, databases := e.ListDatabases(ctx, "", limit)
		_, _, tables := e.ListTables(ctx, "", "", limit)
		_, _, tags := e.ListTags(ctx, d.ARN, "", limit)
		_, _, scheduled := e.ListScheduledQueries(ctx, "", limit)
		_, _, tasks := e.ListBatchLoadTasks(ctx, "", "", limit)
		for _, err := range []error{databases, tables, tags, scheduled, tasks} {
			wantError(t, err, dberr.Invalid, "A page must have at least one entry.")
		}
	}
}

func TestTableOperations(t *testing.T) {
	e, c := newEngine(t)
	if _, err := e.CreateDatabase(ctx, CreateDatabaseInput{Name: "d"}); err != nil {
		t.Fatal(err)
	}
	table, err := e.CreateTable(ctx, CreateTableInput{Database: "d", Name: "t"})
	if err != nil {
		t.Fatal(err)
	}
	if table.ARN != "arn:aws:timestream:us-east-1:000000000000:database/d/table/t" || table.MemoryHours != 6 || table.MagneticDays != 73000 ||
		table.MagneticWrites.Enabled || len(table.PartitionKey) != 1 || table.PartitionKey[0] != (PartitionKey{Type: "MEASURE"}) {
		t.Errorf("defaults: %+v", table)
	}
	_, err = e.CreateTable(ctx, CreateTableInput{Database: "d", Name: "t"})
	wantError(t, err, dberr.Conflict, "A table with name t already exists.")
	_, err = e.CreateTable(ctx, CreateTableInput{Database: "nope", Name: "t"})
	wantError(t, err, dberr.NotFound, "The database nope does not exist.")
	_, err = e.DescribeTable(ctx, "nope", "t")
	wantError(t, err, dberr.NotFound, "The database nope does not exist.")
	_, err = e.DescribeTable(ctx, "d", "nope")
	wantError(t, err, dberr.NotFound, "The table nope does not exist.")
	wantError(t, e.DeleteTable(ctx, "d", "nope"), dberr.NotFound, "The table nope does not exist.")

	c.Advance(time.Second)
	same, err := e.UpdateTable(ctx, UpdateTableInput{Database: "d", Name: "t"})
	if err != nil || same.UpdatedAt != table.CreatedAt {
		t.Errorf("update of nothing: %+v, %v", same, err)
	}
	same, err = e.UpdateTable(ctx, UpdateTableInput{Database: "d", Name: "t", Retention: &Retention{6, 73000}, MagneticWrites: &MagneticWrites{}})
	if err != nil || same.UpdatedAt != table.CreatedAt {
		t.Errorf("update with what is there: %+v, %v", same, err)
	}
	table, err = e.UpdateTable(ctx, UpdateTableInput{Database: "d", Name: "t", Retention: &Retention{12, 7}})
	if err != nil || table.MemoryHours != 12 || table.MagneticDays != 7 || table.UpdatedAt != start.UnixMilli()+1000 {
		t.Errorf("update of the retention: %+v, %v", table, err)
	}
	table, err = e.UpdateTable(ctx, UpdateTableInput{Database: "d", Name: "t", MagneticWrites: &MagneticWrites{Enabled: true, Rejected: &S3Location{Bucket: "b"}}})
	if err != nil || !table.MagneticWrites.Enabled || table.MagneticWrites.Rejected.Bucket != "b" || table.MemoryHours != 12 {
		t.Errorf("update of magnetic writes: %+v, %v", table, err)
	}
	_, err = e.UpdateTable(ctx, UpdateTableInput{Database: "d", Name: "t", MagneticWrites: &MagneticWrites{Rejected: &S3Location{Encryption: "SSE_KMS"}}})
	wantError(t, err, dberr.Invalid, "A KMS key ID is required for the encryption option SSE_KMS.")
}

func TestPartitionKey(t *testing.T) {
	e, _ := newEngine(t)
	if _, err := e.CreateDatabase(ctx, CreateDatabaseInput{Name: "d"}); err != nil {
		t.Fatal(err)
	}
	bad := []struct {
		keys []PartitionKey
		text string
	}{
		{[]PartitionKey{{Type: "MEASURE"}, {Type: "MEASURE"}},
			"You have specified too many partition keys to be used in your composite partition key. Only 1 partition keys can be specified."},
		{[]PartitionKey{{Type: "MEASURE", Name: "x"}}, "A partition key of type MEASURE must have neither a name nor an enforcement level."},
		{[]PartitionKey{{Type: "MEASURE", Enforcement: "OPTIONAL"}}, "A partition key of type MEASURE must have neither a name nor an enforcement level."},
		{[]PartitionKey{{Type: "DIMENSION", Enforcement: "OPTIONAL"}}, "A partition key of type DIMENSION must have a name."},
		{[]PartitionKey{{Type: "DIMENSION", Name: "host"}}, "A partition key of type DIMENSION must have an enforcement level."},
		{[]PartitionKey{{Type: "DIMENSION", Name: "time", Enforcement: "OPTIONAL"}}, "The dimension name time is reserved."},
		{[]PartitionKey{{Type: "DIMENSION", Name: strings.Repeat("x", 61), Enforcement: "OPTIONAL"}}, "The dimension name " + strings.Repeat("x", 61) + " is longer than 60 bytes."},
	}
	for _, tt := range bad {
		_, err := e.CreateTable(ctx, CreateTableInput{Database: "d", Name: "t", PartitionKey: tt.keys})
		wantError(t, err, dberr.Invalid, tt.text)
	}
	host := []PartitionKey{{Type: "DIMENSION", Name: "host", Enforcement: "OPTIONAL"}}
	if _, err := e.CreateTable(ctx, CreateTableInput{Database: "d", Name: "t", PartitionKey: host}); err != nil {
		t.Fatal(err)
	}
	required := []PartitionKey{{Type: "DIMENSION", Name: "host", Enforcement: "REQUIRED"}}
	table, err := e.UpdateTable(ctx, UpdateTableInput{Database: "d", Name: "t", PartitionKey: required})
	if err != nil || table.RequiredDimension() != "host" {
		t.Errorf("change of the enforcement: %+v, %v", table, err)
	}
	const fixed = "The partition key of a table cannot be changed. Only its enforcement level can."
	for _, keys := range [][]PartitionKey{{{Type: "DIMENSION", Name: "other", Enforcement: "OPTIONAL"}}, {{Type: "MEASURE"}}} {
		_, err := e.UpdateTable(ctx, UpdateTableInput{Database: "d", Name: "t", PartitionKey: keys})
		wantError(t, err, dberr.Invalid, fixed)
	}
	if _, err := e.CreateTable(ctx, CreateTableInput{Database: "d", Name: "plain"}); err != nil {
		t.Fatal(err)
	}
	_, err = e.UpdateTable(ctx, UpdateTableInput{Database: "d", Name: "plain", PartitionKey: host})
	wantError(t, err, dberr.Invalid, fixed)
	if _, err = e.UpdateTable(ctx, UpdateTableInput{Database: "d", Name: "plain", PartitionKey: []PartitionKey{{Type: "MEASURE"}}}); err != nil {
		t.Errorf("update with the key that is there: %v", err)
	}
}
