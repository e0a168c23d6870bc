package catalog

import "github.com/tidemarkdb/tidemark/internal/dberr"

// DatabaseInfo is a database and how many tables it has.
type DatabaseInfo struct {
	*Database
	Tables int
}

// noDatabase is the error for a database that is not there.
func noDatabase(name string) error {
	return dberr.New(dberr.NotFound, "The database %s does not exist.", name)
}

// Database returns a database, or an error of kind NotFound.
func (c *Catalog) Database(name string) (DatabaseInfo, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	db := c.state.databases[name]
	if db == nil {
		return DatabaseInfo{}, noDatabase(name)
	}
	return DatabaseInfo{db.database, len(db.byName)}, nil
}

// Databases returns up to limit databases in order of their names, beginning after the given name ("" for the first). A
// limit of 0 is none.
func (c *Catalog) Databases(afterName string, limit int) []DatabaseInfo {
	c.mu.RLock()
	defer c.mu.RUnlock()
	names := c.state.names[after(c.state.names, afterName):]
	if limit > 0 && len(names) > limit {
		names = names[:limit]
	}
	out := make([]DatabaseInfo, len(names))
	for i, name := range names {
		db := c.state.databases[name]
		out[i] = DatabaseInfo{db.database, len(db.byName)}
	}
	return out
}

// CreateDatabase declares a database. The error is of kind Conflict if there is one of that name, Limit if there are
// DatabasesMax.
func (c *Catalog) CreateDatabase(d Database) error {
	err := c.begin()
	defer c.changing.Unlock()
	switch {
	case err != nil:
		return err
	case c.state.databases[d.Name] != nil:
		return dberr.New(dberr.Conflict, "A database with name %s already exists.", d.Name)
	case len(c.state.databases) >= DatabasesMax:
		return dberr.New(dberr.Limit, "Limit for number of databases per account exceeded")
	}
	return c.commit(&change{PutDatabase: &d})
}

// UpdateDatabase changes a database. edit gets a copy and returns whether it changed anything; its name must stay. The
// result is the database as it is then.
func (c *Catalog) UpdateDatabase(name string, edit func(*Database) (changed bool, err error)) (DatabaseInfo, error) {
	err := c.begin()
	defer c.changing.Unlock()
	if err != nil {
		return DatabaseInfo{}, err
	}
	db := c.state.databases[name]
	if db == nil {
		return DatabaseInfo{}, noDatabase(name)
	}
	d := *db.database
	changed, err := edit(&d)
	if err == nil && changed {
		err = c.commit(&change{PutDatabase: &d})
	}
	if err != nil {
		return DatabaseInfo{}, err
	}
	return DatabaseInfo{db.database, len(db.byName)}, nil
}

// DropDatabase removes a database, which must be empty.
func (c *Catalog) DropDatabase(name string) error {
	err := c.begin()
	defer c.changing.Unlock()
	if err != nil {
		return err
	}
	db := c.state.databases[name]
	switch {
	case db == nil:
		return noDatabase(name)
	case len(db.byName) > 0:
		return dberr.New(dberr.Invalid, "The database %s cannot be deleted because it still has tables. Delete its tables first.", name)
	}
	return c.commit(&change{DropDatabase: name})
}
