package engine

import (
	"context"
	"slices"

	"github.com/tidemarkdb/tidemark/internal/catalog"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/storage"
)

// Parts of tables, as the catalog keeps them.
type (
	// MagneticWrites says whether records too old for the memory store are taken.
	MagneticWrites = catalog.MagneticWrites
	// S3Location is a place in object storage.
	S3Location = catalog.S3Location
	// PartitionKey is a part of the composite partition key.
	PartitionKey = catalog.PartitionKey
	// KeyType says what a partition key is.
	KeyType = catalog.KeyType
	// KeyEnforcement says whether records must have the dimension of the partition key.
	KeyEnforcement = catalog.KeyEnforcement
)

// Retention of a table that does not say otherwise. Source: API reference of CreateTable.
const (
	memoryHoursDefault  = 6
	magneticDaysDefault = 73000
)

// Retention is how long the stores keep rows.
type Retention struct {
	MemoryHours  int64
	MagneticDays int64
}

// Table is a table as users see it.
type Table struct {
	*catalog.Table
	ARN string
}

// table makes a table as users see it.
func (e *Engine) table(t *catalog.Table) *Table {
	return &Table{t, e.tableARN(t.Database, t.Name)}
}

// tableARN returns the name of a table in all the world.
func (e *Engine) tableARN(database, name string) string {
	return e.databaseARN(database) + "/table/" + name
}

// CreateTableInput describes a new table. Everything but the names may be absent.
type CreateTableInput struct {
	Database, Name string
	Retention      *Retention
	MagneticWrites *MagneticWrites
	PartitionKey   []PartitionKey
	Tags           []Tag
}

// CreateTable declares a table. It can be written to at once.
func (e *Engine) CreateTable(_ context.Context, in CreateTableInput) (*Table, error) {
	now := e.nowMillis()
	t := catalog.Table{
		Database: in.Database, Name: in.Name, MemoryHours: memoryHoursDefault, MagneticDays: magneticDaysDefault,
		PartitionKey: in.PartitionKey, CreatedAt: now, UpdatedAt: now, Tags: in.Tags,
	}
	if in.Retention != nil {
		t.MemoryHours, t.MagneticDays = in.Retention.MemoryHours, in.Retention.MagneticDays
	}
	if in.MagneticWrites != nil {
		t.MagneticWrites = *in.MagneticWrites
	}
	if len(t.PartitionKey) == 0 {
		t.PartitionKey = []PartitionKey{{Type: catalog.KeyMeasure}}
	}
	for _, err := range []error{checkTags(in.Tags), checkMagneticWrites(t.MagneticWrites), checkPartitionKey(t.PartitionKey)} {
		if err != nil {
			return nil, err
		}
	}
	made, err := e.catalog.CreateTable(t)
	if err != nil {
		return nil, err
	}
	return e.table(made), nil
}

// checkMagneticWrites refuses a report location that cannot work.
func checkMagneticWrites(m MagneticWrites) error {
	if m.Rejected == nil {
		return nil
	}
	return checkEncryption(m.Rejected)
}

// checkEncryption refuses a place whose objects cannot be encrypted as it says.
func checkEncryption(place *S3Location) error {
	if place.Encryption == "SSE_KMS" && place.KMSKeyID == "" {
		return dberr.New(dberr.Invalid, "A KMS key ID is required for the encryption option SSE_KMS.")
	}
	return nil
}

// checkPartitionKey refuses keys that no table may have. There is at least one part.
func checkPartitionKey(keys []PartitionKey) error {
	if len(keys) > 1 {
		return dberr.New(dberr.Invalid, "You have specified too many partition keys to be used in your composite partition key. Only 1 partition keys can be specified.")
	}
	k := keys[0]
	switch {
	case k.Type == catalog.KeyMeasure && (k.Name != "" || k.Enforcement != ""):
		return dberr.New(dberr.Invalid, "A partition key of type MEASURE must have neither a name nor an enforcement level.")
	case k.Type == catalog.KeyMeasure:
		return nil
	case k.Name == "":
		return dberr.New(dberr.Invalid, "A partition key of type DIMENSION must have a name.")
	case k.Enforcement == "":
		return dberr.New(dberr.Invalid, "A partition key of type DIMENSION must have an enforcement level.")
	case len(k.Name) > dimensionNameBytesMax:
		return dberr.New(dberr.Invalid, "The dimension name %s is longer than %d bytes.", k.Name, dimensionNameBytesMax)
	}
	return checkName("dimension", k.Name)
}

// DescribeTable returns a table.
func (e *Engine) DescribeTable(_ context.Context, database, name string) (*Table, error) {
	t, err := e.catalog.Table(database, name)
	if err != nil {
		return nil, err
	}
	return e.table(t), nil
}

// UpdateTableInput says what to change of a table: the parts that are not nil.
type UpdateTableInput struct {
	Database, Name string
	Retention      *Retention
	MagneticWrites *MagneticWrites
	PartitionKey   []PartitionKey
}

// UpdateTable changes a table. A shorter retention counts at once. A longer one counts for what the stores have at that time:
// what has left one does not come back, nor is older data taken again. Of the partition key only the enforcement level
// can change.
func (e *Engine) UpdateTable(_ context.Context, in UpdateTableInput) (*Table, error) {
	now := e.nowMillis()
	e.age.at(now) // looks at the clock
	believed := e.age.believed.Load()
	now = min(now, believed) // a leap counts for nothing
	t, err := e.catalog.UpdateTable(in.Database, in.Name, func(t *catalog.Table) (bool, error) {
		changed, err := in.apply(t, believed, now)
		if changed {
			t.UpdatedAt = e.nowMillis()
		}
		return changed, err
	})
	if err != nil {
		return nil, err
	}
	return e.table(t), nil
}

// apply changes a copy of a table, when the clock says now and rows are old by aged, and tells whether anything is different
// then.
func (in *UpdateTableInput) apply(t *catalog.Table, aged, now int64) (changed bool, err error) {
	if r := in.Retention; r != nil && (r.MemoryHours != t.MemoryHours || r.MagneticDays != t.MagneticDays) {
		past := boundsOf(t, aged, now)
		t.MemoryHours, t.MagneticDays, changed = r.MemoryHours, r.MagneticDays, true
		past.Raise(boundsOf(t, aged, now))
		if t.Past != nil {
			past.Raise(*t.Past)
		}
		t.Past = &past
	}
	if m := in.MagneticWrites; m != nil {
		if err := checkMagneticWrites(*m); err != nil {
			return false, err
		}
		changed = changed || !equalMagneticWrites(*m, t.MagneticWrites)
		t.MagneticWrites = *m
	}
	if in.PartitionKey != nil && !slices.Equal(in.PartitionKey, t.PartitionKey) {
		if err := checkPartitionKey(in.PartitionKey); err != nil {
			return false, err
		}
		k, old := in.PartitionKey[0], t.PartitionKey[0]
		if k.Type != old.Type || k.Name != old.Name {
			return false, dberr.New(dberr.Invalid, "The partition key of a table cannot be changed. Only its enforcement level can.")
		}
		t.PartitionKey, changed = in.PartitionKey, true
	}
	return changed, nil
}

// equalMagneticWrites reports whether a and b say the same.
func equalMagneticWrites(a, b MagneticWrites) bool {
	if (a.Rejected == nil) != (b.Rejected == nil) || a.Rejected != nil && *a.Rejected != *b.Rejected {
		return false
	}
	return a.Enabled == b.Enabled
}

// DeleteTable removes a table and its rows. When it returns the table is gone for good; should the removal of the rows fail,
// Maintain tries it again.
func (e *Engine) DeleteTable(ctx context.Context, database, name string) error {
	t, err := e.catalog.Table(database, name)
	if err != nil {
		return err
	}
	id := storage.TableID(t.ID)
	// Writes that have found the table finish first, so that none comes after its rows are removed.
	gate := e.tableState(id)
	gate.writes.Lock()
	err = e.catalog.DropTable(t)
	gate.writes.Unlock()
	if err != nil {
		return err
	}
	if err := e.dropData(context.WithoutCancel(ctx), id); err != nil {
		e.logger.Error("data of a deleted table could not be removed", "database", database, "table", name, "error", err)
	}
	return nil
}

// ListTables returns up to limit tables of a database, or of all databases if it is "", in order of their names, and the
// token of the next page, "" on the last one.
func (e *Engine) ListTables(_ context.Context, database, token string, limit int) ([]*Table, string, error) {
	kind := listAllTables
	if database != "" {
		kind = listTables + database
	}
	after, err := pageAfter(kind, token, limit)
	if err != nil {
		return nil, "", err
	}
	var list []*catalog.Table
	if database == "" {
		list = e.catalog.AllTables(after.database, after.name, limit+1)
	} else if list, err = e.catalog.Tables(database, after.name, limit+1); err != nil {
		return nil, "", err
	}
	next := ""
	if len(list) > limit {
		list = list[:limit]
		next = listToken(kind, listPosition{list[limit-1].Database, list[limit-1].Name})
	}
	out := make([]*Table, len(list))
	for i, t := range list {
		out[i] = e.table(t)
	}
	return out, next, nil
}
