package catalog

import "github.com/tidemarkdb/tidemark/internal/dberr"

// noTable is the error for a table that is not there.
func noTable(name string) error {
	return dberr.New(dberr.NotFound, "The table %s does not exist.", name)
}

// Table returns a table, or an error of kind NotFound that says whether the database or the table is missing.
func (c *Catalog) Table(database, name string) (*Table, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.state.table(database, name)
}

// table returns a table, or an error of kind NotFound.
func (s *state) table(database, name string) (*Table, error) {
	db := s.databases[database]
	if db == nil {
		return nil, noDatabase(database)
	}
	t := db.byName[name]
	if t == nil {
		return nil, noTable(name)
	}
	return t, nil
}

// TableByID returns a table, nil if there is none with this number (any more).
func (c *Catalog) TableByID(id uint64) *Table {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.state.byID[id]
}

// Tables returns up to limit tables in order of their names, beginning after the given name ("" for the first). A limit of
// 0 is none. The error is of kind NotFound if there is no such database.
func (c *Catalog) Tables(database, afterName string, limit int) ([]*Table, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	db := c.state.databases[database]
	if db == nil {
		return nil, noDatabase(database)
	}
	return db.list(nil, afterName, limit), nil
}

// AllTables is Tables over all databases, in order of database and name, beginning after the given table.
func (c *Catalog) AllTables(afterDatabase, afterName string, limit int) []*Table {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var out []*Table
	if db := c.state.databases[afterDatabase]; db != nil {
		out = db.list(out, afterName, limit)
	}
	for _, name := range c.state.names[after(c.state.names, afterDatabase):] {
		if limit > 0 && len(out) >= limit {
			break
		}
		out = c.state.databases[name].list(out, "", limit)
	}
	return out
}

// list appends tables until dst has limit of them; 0 is no limit.
func (db *tables) list(dst []*Table, afterName string, limit int) []*Table {
	for _, name := range db.names[after(db.names, afterName):] {
		if limit > 0 && len(dst) >= limit {
			break
		}
		dst = append(dst, db.byName[name])
	}
	return dst
}

// CreateTable declares a table and gives it its number; t.ID is ignored. The error is of kind NotFound if there is no such
// database, Conflict if it has a table of that name, Limit if there are TablesMax in all databases.
func (c *Catalog) CreateTable(t Table) (*Table, error) {
	err := c.begin()
	defer c.changing.Unlock()
	if err != nil {
		return nil, err
	}
	db := c.state.databases[t.Database]
	switch {
	case db == nil:
		return nil, noDatabase(t.Database)
	case db.byName[t.Name] != nil:
		return nil, dberr.New(dberr.Conflict, "A table with name %s already exists.", t.Name)
	case len(c.state.byID) >= TablesMax:
		return nil, dberr.New(dberr.Limit, "Limit for number of tables per account exceeded")
	}
	t.ID = c.state.nextID
	if err := c.commit(&change{PutTable: &t}); err != nil {
		return nil, err
	}
	return &t, nil
}

// UpdateTable changes a table. edit gets a copy, whose slices and pointers it must replace rather than change, and returns
// whether it changed anything; names and number must stay. The result is the table as it is then.
func (c *Catalog) UpdateTable(database, name string, edit func(*Table) (changed bool, err error)) (*Table, error) {
	err := c.begin()
	defer c.changing.Unlock()
	if err != nil {
		return nil, err
	}
	old, err := c.state.table(database, name)
	if err != nil {
		return nil, err
	}
	t := *old
	changed, err := edit(&t)
	switch {
	case err != nil:
		return nil, err
	case !changed:
		return old, nil
	}
	if err := c.commit(&change{PutTable: &t}); err != nil {
		return nil, err
	}
	return &t, nil
}

// DropTable removes a table. The error is of kind NotFound if it is gone already, even if another one has its name now.
func (c *Catalog) DropTable(t *Table) error {
	err := c.begin()
	defer c.changing.Unlock()
	if err != nil {
		return err
	}
	if c.state.byID[t.ID] == nil {
		return noTable(t.Name)
	}
	return c.commit(&change{DropTable: t.ID})
}
