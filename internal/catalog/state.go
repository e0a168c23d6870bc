package catalog

import (
	"fmt"
	"slices"
)

// change is one entry of the log or of a snapshot: exactly one of its fields is set. Fields are only ever added.
type change struct {
	PutDatabase  *Database `json:"put_database,omitempty"`
	DropDatabase string    `json:"drop_database,omitempty"`
	PutTable     *Table    `json:"put_table,omitempty"`
	DropTable    uint64    `json:"drop_table,omitempty"`
	NextID       uint64    `json:"next_id,omitempty"`
	Clock        int64     `json:"clock,omitempty"`
	PutAccount   *Account  `json:"put_account,omitempty"`

	PutBatchTask  *BatchTask     `json:"put_batch_task,omitempty"`
	BatchProgress *batchProgress `json:"batch_progress,omitempty"`
	DropBatchTask string         `json:"drop_batch_task,omitempty"`

	PutScheduledQuery  *ScheduledQuery `json:"put_scheduled_query,omitempty"`
	PutScheduledState  *ScheduledState `json:"put_scheduled_state,omitempty"`
	DropScheduledQuery string          `json:"drop_scheduled_query,omitempty"`
	PutNotice          *Notice         `json:"put_notice,omitempty"`
	DropNotice         uint64          `json:"drop_notice,omitempty"`
}

// state is the sum of all changes.
type state struct {
	databases map[string]*tables
	names     []string // of databases, sorted; valid after sortNames
	byID      map[uint64]*Table
	nextID    uint64
	clock     int64
	account   *Account // nil if it has the defaults
	sorted    bool

	batchTasks map[string]*BatchTask
	batchOrder []string // ids, in the order of creation

	scheduled scheduled
}

// tables is a database and what is in it.
type tables struct {
	database *Database
	byName   map[string]*Table
	names    []string // sorted; valid after state.sortNames
}

// newState returns the state of an empty catalog.
func newState() *state {
	return &state{
		databases: map[string]*tables{}, byID: map[uint64]*Table{}, nextID: 1, batchTasks: map[string]*BatchTask{}, scheduled: newScheduled(),
	}
}

// apply carries out a change that has been checked. An error means that the change does not fit, which in a file is
// damage.
func (s *state) apply(c *change) error {
	switch {
	case c.PutDatabase != nil:
		s.putDatabase(c.PutDatabase)
	case c.DropDatabase != "":
		db := s.databases[c.DropDatabase]
		if db == nil || len(db.byName) > 0 {
			return fmt.Errorf("drop of database %q, which is missing or not empty", c.DropDatabase)
		}
		delete(s.databases, c.DropDatabase)
		s.names = s.without(s.names, c.DropDatabase)
	case c.PutTable != nil:
		return s.putTable(c.PutTable)
	case c.DropTable != 0:
		t := s.byID[c.DropTable]
		if t == nil {
			return fmt.Errorf("drop of table %d, which is missing", c.DropTable)
		}
		db := s.databases[t.Database]
		delete(s.byID, t.ID)
		delete(db.byName, t.Name)
		db.names = s.without(db.names, t.Name)
	case c.NextID != 0:
		s.nextID = max(s.nextID, c.NextID)
	case c.Clock != 0:
		s.clock = max(s.clock, c.Clock)
	case c.PutBatchTask != nil:
		s.putBatchTask(c.PutBatchTask)
	case c.BatchProgress != nil:
		return s.putBatchProgress(c.BatchProgress)
	case c.DropBatchTask != "":
		return s.dropBatchTask(c.DropBatchTask)
	case c.PutAccount != nil:
		s.account = c.PutAccount
	default:
		known, err := s.applyScheduled(c)
		if !known {
			return fmt.Errorf("entry of unknown kind")
		}
		return err
	}
	return nil
}

// putDatabase adds a database or gives it new properties.
func (s *state) putDatabase(d *Database) {
	if db := s.databases[d.Name]; db != nil {
		db.database = d
		return
	}
	s.databases[d.Name] = &tables{database: d, byName: map[string]*Table{}}
	s.names = s.with(s.names, d.Name)
}

// putTable adds a table or gives it new properties.
func (s *state) putTable(t *Table) error {
	db := s.databases[t.Database]
	if db == nil {
		return fmt.Errorf("table %d in database %q, which is missing", t.ID, t.Database)
	}
	if old := db.byName[t.Name]; old == nil {
		db.names = s.with(db.names, t.Name)
	} else if old.ID != t.ID {
		return fmt.Errorf("table %d has the name of table %d", t.ID, old.ID)
	}
	db.byName[t.Name], s.byID[t.ID] = t, t
	s.nextID = max(s.nextID, t.ID+1)
	return nil
}

// with inserts a name into a sorted list, without one removes it. While files are read the lists are left alone and
// made at once at its end, by sortNames.
func (s *state) with(names []string, name string) []string {
	if !s.sorted {
		return names
	}
	i, _ := slices.BinarySearch(names, name)
	return slices.Insert(names, i, name)
}

// without removes a name from a sorted list, see with.
func (s *state) without(names []string, name string) []string {
	if !s.sorted {
		return names
	}
	i, _ := slices.BinarySearch(names, name)
	return slices.Delete(names, i, i+1)
}

// sortNames makes the sorted lists of names, which are kept up to date from then on.
func (s *state) sortNames() {
	s.sorted = true
	s.names = sortedKeys(s.databases)
	s.scheduled.ids = sortedKeys(s.scheduled.queries)
	for _, db := range s.databases {
		db.names = sortedKeys(db.byName)
	}
}

// sortedKeys returns the keys of a map in order.
func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// changes calls emit with changes that lead from nothing to this state, in an order in which they apply.
func (s *state) changes(emit func(*change) error) error {
	if err := emit(&change{NextID: s.nextID}); err != nil {
		return err
	}
	if s.clock != 0 {
		if err := emit(&change{Clock: s.clock}); err != nil {
			return err
		}
	}
	if s.account != nil {
		if err := emit(&change{PutAccount: s.account}); err != nil {
			return err
		}
	}
	for _, name := range s.names {
		db := s.databases[name]
		if err := emit(&change{PutDatabase: db.database}); err != nil {
			return err
		}
		for _, table := range db.names {
			if err := emit(&change{PutTable: db.byName[table]}); err != nil {
				return err
			}
		}
	}
	for _, t := range s.batchTaskList() {
		if err := emit(&change{PutBatchTask: t}); err != nil {
			return err
		}
	}
	return s.scheduledChanges(emit)
}

// after returns the position of the first name that is greater than name in a sorted list.
func after(names []string, name string) int {
	i, found := slices.BinarySearch(names, name)
	if found {
		i++
	}
	return i
}
