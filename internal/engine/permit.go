package engine

import (
	"math"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/sql/analyzer"
	"github.com/tidemarkdb/tidemark/internal/sql/ast"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
)

// The things that statements do, by the names that policies have for them.
const (
	ActionSelect        = "Select"
	ActionSelectValues  = "SelectValues" // a statement that reads no table
	ActionUnload        = "Unload"
	ActionListDatabases = "ListDatabases"
	ActionListTables    = "ListTables"
	ActionListMeasures  = "ListMeasures"
	ActionDescribeTable = "DescribeTable"
	ActionPrepareQuery  = "PrepareQuery"
	ActionWriteRecords  = "WriteRecords" // by a scheduled query, or by a batch load that is resumed
	ActionCreateTable   = "CreateTable"  // for a scheduled query
)

// What is done to object storage. These names have their service in front, unlike those above.
const (
	ActionPutObject    = "s3:PutObject"
	ActionGetObject    = "s3:GetObject"
	ActionListBucket   = "s3:ListBucket"
	ActionGetBucketACL = "s3:GetBucketAcl" // before a bucket is used: whether it is there, and whose it is
)

// Permission is something that a statement, or work in the background, needs to be allowed.
type Permission struct {
	Action   string // one of the constants
	Database string // "" if it is about no database, or about all
	Table    string // "" if it is about no table
	Bucket   string // of what is done to object storage, else ""
	// Key is an object's, with * for what is not known yet; "" if it is about the bucket. For ActionListBucket it is what the
	// listed keys begin with.
	Key string
}

// permitPut asks whether objects may be put into a bucket; a nil permit permits all.
func permitPut(permit func(Permission) error, bucket string, keys ...string) error {
	if permit == nil {
		return nil
	}
	if err := permit(Permission{Action: ActionGetBucketACL, Bucket: bucket}); err != nil {
		return err
	}
	for _, key := range keys {
		if err := permit(Permission{Action: ActionPutObject, Bucket: bucket, Key: key}); err != nil {
			return err
		}
	}
	return nil
}

// permitted analyzes a statement and asks for each of its tables before anything is told of it, even whether it exists. also is
// an action that is needed besides those of the statement, "" for none.
func (q *queries) permitted(tree ast.Statement, permit func(Permission) error, also string, analyze func(analyzer.Options) error) error {
	opts := q.analyzerOptions()
	if permit == nil {
		return analyze(opts)
	}
	if e, ok := tree.(*ast.Explain); ok {
		tree = e.Statement
	}
	c := &askingCatalog{Catalog: opts.Catalog, permit: permit}
	ahead, tableActions := actionsOf(tree)
	c.actions = tableActions
	if also != "" {
		c.actions = append([]string{also}, c.actions...)
	}
	if ahead.Action != "" {
		if err := permit(ahead); err != nil {
			return err
		}
	}
	opts.Catalog = c
	err := analyze(opts)
	switch {
	case c.refused != nil:
		return c.refused
	case err != nil || c.asked:
		return err
	}
	return c.askForNone()
}

// actionsOf tells what a statement does: something to ask for before it is analyzed, if there is, and what it does to each of
// its tables.
func actionsOf(tree ast.Statement) (ahead Permission, tableActions []string) {
	switch s := tree.(type) {
	case *ast.ShowDatabases:
		return Permission{Action: ActionListDatabases}, nil
	case *ast.ShowTables:
		ahead.Action = ActionListTables
		if s.Database != nil {
			ahead.Database = s.Database.Name
		}
		return ahead, nil
	case *ast.ShowMeasures:
		return ahead, []string{ActionListMeasures}
	case *ast.Describe:
		return ahead, []string{ActionDescribeTable}
	case *ast.Unload:
		return ahead, []string{ActionUnload, ActionSelect}
	}
	return ahead, []string{ActionSelect}
}

// askingCatalog asks before it tells of a table.
type askingCatalog struct {
	analyzer.Catalog
	permit  func(Permission) error
	actions []string // to ask for
	asked   bool
	refused error // the first refusal
}

// Table returns a table that may be read, nil for others.
func (c *askingCatalog) Table(database, table string) *plan.Table {
	c.asked = true
	for _, action := range c.actions {
		if c.refused != nil {
			return nil
		}
		c.refused = c.permit(Permission{Action: action, Database: database, Table: table})
	}
	if c.refused != nil {
		return nil
	}
	return c.Catalog.Table(database, table)
}

// askForNone asks for a statement that reads no table.
func (c *askingCatalog) askForNone() error {
	for _, action := range c.actions {
		if action == ActionSelect {
			action = ActionSelectValues
		}
		if err := c.permit(Permission{Action: action}); err != nil {
			return err
		}
	}
	return nil
}

// ARN returns the name in all the world of a database, a table, or all databases.
func (e *Engine) ARN(database, table string) string {
	switch {
	case database == "":
		return e.databaseARN("*")
	case table == "":
		return e.databaseARN(database)
	}
	return e.databaseARN(database) + "/table/" + table
}

// DatabaseARNs returns the names in all the world of all databases.
func (e *Engine) DatabaseARNs() []string {
	all := e.catalog.Databases("", math.MaxInt)
	out := make([]string, len(all))
	for i, d := range all {
		out[i] = e.databaseARN(d.Name)
	}
	return out
}

// ScheduledARN returns the name in all the world of a scheduled query, whose id is its name with what makes it unique.
func (e *Engine) ScheduledARN(id string) string { return e.scheduledARN(id) }

// OwnARN returns the ARN of a resource of this server for one that a client gave, which may have another region or account in
// it: what counts is what it names here.
func (e *Engine) OwnARN(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return arn
	}
	return strings.TrimSuffix(e.databaseARN(""), "database/") + parts[5]
}

// TagOf returns a tag of what an ARN of this server names.
func (e *Engine) TagOf(arn, key string) (string, bool) {
	for _, t := range e.tagsOf(arn) {
		if t.Key == key {
			return t.Value, true
		}
	}
	return "", false
}

// tagsOf returns the tags of what an ARN of this server names, none if there is no such thing.
func (e *Engine) tagsOf(arn string) []Tag {
	if id, ok := strings.CutPrefix(arn, e.scheduledPrefix()); ok {
		if q, err := e.catalog.ScheduledQuery(id); err == nil {
			return q.Tags
		}
		return nil
	}
	name, ok := strings.CutPrefix(arn, e.databaseARN(""))
	if !ok {
		return nil
	}
	if database, table, isTable := strings.Cut(name, "/table/"); isTable {
		if t, err := e.catalog.Table(database, table); err == nil {
			return t.Tags
		}
		return nil
	}
	if d, err := e.catalog.Database(name); err == nil {
		return d.Tags
	}
	return nil
}
