package catalog

import (
	"encoding/json"
	"slices"

	"github.com/tidemarkdb/tidemark/internal/dberr"
)

// BatchStatus is the state of a batch load task, in the words of the API.
type BatchStatus string

// The states of a batch load task.
const (
	BatchCreated       BatchStatus = "CREATED"
	BatchInProgress    BatchStatus = "IN_PROGRESS"
	BatchFailed        BatchStatus = "FAILED"
	BatchSucceeded     BatchStatus = "SUCCEEDED"
	BatchStopped       BatchStatus = "PROGRESS_STOPPED"
	BatchPendingResume BatchStatus = "PENDING_RESUME"
)

// Active reports whether the task is being carried out, or will be without further doing.
func (s BatchStatus) Active() bool {
	return s == BatchCreated || s == BatchInProgress || s == BatchPendingResume
}

// BatchTask is a batch load task. Times are milliseconds since 1970.
type BatchTask struct {
	ID             string          `json:"id"`
	Token          string          `json:"token,omitempty"` // the client token that it was created by
	Principal      string          `json:"principal,omitempty"`
	TableID        uint64          `json:"table_id"`
	Database       string          `json:"database"` // names as they were then
	Table          string          `json:"table"`
	Config         json.RawMessage `json:"config"` // the engine's: source, data model, place for reports
	Status         BatchStatus     `json:"status"`
	Error          string          `json:"error,omitempty"` // why it stopped or failed
	CreatedAt      int64           `json:"created_at"`
	UpdatedAt      int64           `json:"updated_at"`
	ResumableUntil int64           `json:"resumable_until,omitempty"`
	Files          []BatchFile     `json:"files,omitempty"` // what to load, in order; once it runs, until it has finished
	Progress       BatchProgress   `json:"progress"`
}

// BatchFile is an object that a task loads.
type BatchFile struct {
	Key  string `json:"key"`
	Size int64  `json:"size"` // in bytes
	ETag string `json:"etag,omitempty"`
}

// BatchProgress is how far a task has come.
type BatchProgress struct {
	Processed         int64           `json:"processed,omitempty"` // records
	Ingested          int64           `json:"ingested,omitempty"`
	ParseFailures     int64           `json:"parse_failures,omitempty"`
	IngestionFailures int64           `json:"ingestion_failures,omitempty"`
	FileFailures      int64           `json:"file_failures,omitempty"`
	BytesMetered      int64           `json:"bytes_metered,omitempty"`
	Place             json.RawMessage `json:"place,omitempty"` // the loader's: where to go on
}

// batchProgress is a change of a task's progress alone.
type batchProgress struct {
	ID        string        `json:"id"`
	UpdatedAt int64         `json:"updated_at"`
	Progress  BatchProgress `json:"progress"`
}

// noBatchTask is the error for a task that is not there.
func noBatchTask(id string) error {
	return dberr.New(dberr.NotFound, "The batch load task %s does not exist.", id)
}

// putBatchTask adds a task or replaces it.
func (s *state) putBatchTask(t *BatchTask) {
	if _, ok := s.batchTasks[t.ID]; !ok {
		s.batchOrder = append(s.batchOrder, t.ID)
	}
	s.batchTasks[t.ID] = t
}

// putBatchProgress replaces a task's progress.
func (s *state) putBatchProgress(p *batchProgress) error {
	old := s.batchTasks[p.ID]
	if old == nil {
		return noBatchTask(p.ID)
	}
	t := *old
	t.Progress, t.UpdatedAt = p.Progress, p.UpdatedAt
	s.batchTasks[t.ID] = &t
	return nil
}

// dropBatchTask removes a task.
func (s *state) dropBatchTask(id string) error {
	if s.batchTasks[id] == nil {
		return noBatchTask(id)
	}
	delete(s.batchTasks, id)
	s.batchOrder = slices.DeleteFunc(s.batchOrder, func(other string) bool { return other == id })
	return nil
}

// BatchTask returns a task, or an error of kind NotFound.
func (c *Catalog) BatchTask(id string) (*BatchTask, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if t := c.state.batchTasks[id]; t != nil {
		return t, nil
	}
	return nil, noBatchTask(id)
}

// BatchTasks returns all tasks in the order of their creation.
func (c *Catalog) BatchTasks() []*BatchTask {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.state.batchTaskList()
}

// batchTaskList returns all tasks in the order of their creation.
func (s *state) batchTaskList() []*BatchTask {
	out := make([]*BatchTask, len(s.batchOrder))
	for i, id := range s.batchOrder {
		out[i] = s.batchTasks[id]
	}
	return out
}

// CreateBatchTask adds a task. check gets all tasks that there are, in the order of their creation, and refuses the new one by
// an error, or names one that it repeats, which is returned instead. No other task is created meanwhile.
func (c *Catalog) CreateBatchTask(t BatchTask, check func([]*BatchTask) (*BatchTask, error)) (*BatchTask, error) {
	err := c.begin()
	defer c.changing.Unlock()
	if err != nil {
		return nil, err
	}
	same, err := check(c.state.batchTaskList())
	if err != nil || same != nil {
		return same, err
	}
	if c.state.batchTasks[t.ID] != nil {
		return nil, dberr.New(dberr.Conflict, "A batch load task with id %s already exists.", t.ID)
	}
	if err := c.commit(&change{PutBatchTask: &t}); err != nil {
		return nil, err
	}
	return &t, nil
}

// UpdateBatchTask changes a task. edit gets a copy, whose slices it must replace rather than change. If it returns an error
// nothing is changed.
func (c *Catalog) UpdateBatchTask(id string, edit func(*BatchTask) error) (*BatchTask, error) {
	err := c.begin()
	defer c.changing.Unlock()
	if err != nil {
		return nil, err
	}
	old := c.state.batchTasks[id]
	if old == nil {
		return nil, noBatchTask(id)
	}
	t := *old
	if err := edit(&t); err != nil {
		return nil, err
	}
	if err := c.commit(&change{PutBatchTask: &t}); err != nil {
		return nil, err
	}
	return &t, nil
}

// SetBatchProgress makes the progress of a task durable.
func (c *Catalog) SetBatchProgress(id string, updatedAt int64, p BatchProgress) error {
	err := c.begin()
	defer c.changing.Unlock()
	if err != nil {
		return err
	}
	if c.state.batchTasks[id] == nil {
		return noBatchTask(id)
	}
	return c.commit(&change{BatchProgress: &batchProgress{id, updatedAt, p}})
}

// DropBatchTask forgets a task.
func (c *Catalog) DropBatchTask(id string) error {
	err := c.begin()
	defer c.changing.Unlock()
	if err != nil {
		return err
	}
	if c.state.batchTasks[id] == nil {
		return noBatchTask(id)
	}
	return c.commit(&change{DropBatchTask: id})
}
