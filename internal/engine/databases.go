package engine

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/tidemarkdb/tidemark/internal/catalog"
)

// Database is a database as users see it.
type Database struct {
	*catalog.Database
	ARN        string
	TableCount int
}

// database makes a database as users see it.
func (e *Engine) database(d catalog.DatabaseInfo) *Database {
	return &Database{Database: d.Database, ARN: e.databaseARN(d.Name), TableCount: d.Tables}
}

// databaseARN returns the name of a database in all the world.
func (e *Engine) databaseARN(name string) string {
	return "arn:aws:timestream:" + e.opts.Region + ":" + e.opts.AccountID + ":database/" + name
}

// defaultKMSKey returns the ARN of the key that databases without a key of their own have: always the same one for a region
// and an account, as the service's managed key is.
func (e *Engine) defaultKMSKey() string {
	h := sha256.Sum256([]byte("timestream key of " + e.opts.AccountID + " in " + e.opts.Region))
	h[6], h[8] = h[6]&0x0f|0x40, h[8]&0x3f|0x80 // the marks of a random UUID
	return fmt.Sprintf("arn:aws:kms:%s:%s:key/%x-%x-%x-%x-%x", e.opts.Region, e.opts.AccountID, h[:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

// CreateDatabaseInput describes a new database. KMSKeyID may be empty.
type CreateDatabaseInput struct {
	Name     string
	KMSKeyID string
	Tags     []Tag
}

// CreateDatabase declares a database.
func (e *Engine) CreateDatabase(_ context.Context, in CreateDatabaseInput) (*Database, error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	now := e.nowMillis()
	d := catalog.Database{Name: in.Name, KMSKeyID: in.KMSKeyID, CreatedAt: now, UpdatedAt: now, Tags: in.Tags}
	if d.KMSKeyID == "" {
		d.KMSKeyID = e.defaultKMSKey()
	}
	if err := e.catalog.CreateDatabase(d); err != nil {
		return nil, err
	}
	return e.database(catalog.DatabaseInfo{Database: &d}), nil
}

// DescribeDatabase returns a database.
func (e *Engine) DescribeDatabase(_ context.Context, name string) (*Database, error) {
	d, err := e.catalog.Database(name)
	if err != nil {
		return nil, err
	}
	return e.database(d), nil
}

// UpdateDatabase gives a database another key. With the key that it has already nothing changes.
func (e *Engine) UpdateDatabase(_ context.Context, name, kmsKeyID string) (*Database, error) {
	d, err := e.catalog.UpdateDatabase(name, func(d *catalog.Database) (bool, error) {
		if d.KMSKeyID == kmsKeyID {
			return false, nil
		}
		d.KMSKeyID, d.UpdatedAt = kmsKeyID, e.nowMillis()
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	return e.database(d), nil
}

// DeleteDatabase removes a database, which must have no tables.
func (e *Engine) DeleteDatabase(_ context.Context, name string) error {
	return e.catalog.DropDatabase(name)
}

// ListDatabases returns up to limit databases in order of their names, and the token of the next page, "" on the last one.
func (e *Engine) ListDatabases(_ context.Context, token string, limit int) ([]*Database, string, error) {
	after, err := pageAfter(listDatabases, token, limit)
	if err != nil {
		return nil, "", err
	}
	list := e.catalog.Databases(after.name, limit+1)
	next := ""
	if len(list) > limit {
		list = list[:limit]
		next = listToken(listDatabases, listPosition{name: list[limit-1].Name})
	}
	out := make([]*Database, len(list))
	for i, d := range list {
		out[i] = e.database(d)
	}
	return out, next, nil
}
