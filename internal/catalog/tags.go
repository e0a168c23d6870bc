package catalog

import (
	"slices"

	"github.com/tidemarkdb/tidemark/internal/dberr"
)

// TagsMax is how many tags a resource may have. Source: API reference of TagResource.
const TagsMax = 200

// DatabaseTags returns the tags of a database, which the caller must not change. The error is of kind NotFound.
func (c *Catalog) DatabaseTags(name string) ([]Tag, error) {
	d, err := c.Database(name)
	if err != nil {
		return nil, err
	}
	return d.Tags, nil
}

// EditDatabaseTags makes what edit returns the tags of a database. edit must not change the list that it gets.
func (c *Catalog) EditDatabaseTags(name string, edit func([]Tag) ([]Tag, error)) error {
	_, err := c.UpdateDatabase(name, func(d *Database) (bool, error) { return editTags(&d.Tags, edit) })
	return err
}

// TableTags returns the tags of a table, which the caller must not change. The error is of kind NotFound.
func (c *Catalog) TableTags(database, name string) ([]Tag, error) {
	t, err := c.Table(database, name)
	if err != nil {
		return nil, err
	}
	return t.Tags, nil
}

// EditTableTags makes what edit returns the tags of a table. edit must not change the list that it gets.
func (c *Catalog) EditTableTags(database, name string, edit func([]Tag) ([]Tag, error)) error {
	_, err := c.UpdateTable(database, name, func(t *Table) (bool, error) { return editTags(&t.Tags, edit) })
	return err
}

// ScheduledQueryTags returns the tags of a scheduled query, which the caller must not change. The error is of kind NotFound.
func (c *Catalog) ScheduledQueryTags(id string) ([]Tag, error) {
	q, err := c.ScheduledQuery(id)
	if err != nil {
		return nil, err
	}
	return q.Tags, nil
}

// EditScheduledQueryTags makes what edit returns the tags of a scheduled query. edit must not change the list that it gets.
func (c *Catalog) EditScheduledQueryTags(id string, edit func([]Tag) ([]Tag, error)) error {
	_, err := c.UpdateScheduledQuery(id, func(q *ScheduledQuery) (bool, error) { return editTags(&q.Tags, edit) })
	return err
}

// editTags replaces a list of tags by what edit makes of it, and reports whether that is another one.
func editTags(tags *[]Tag, edit func([]Tag) ([]Tag, error)) (changed bool, err error) {
	edited, err := edit(*tags)
	if err != nil || slices.Equal(edited, *tags) {
		return false, err
	}
	*tags = edited
	return true, nil
}

// WithTags returns a list of tags with further ones, whose keys are all different: a key that is there already gets the new
// value. The error is of kind Limit if they are more than TagsMax then. The lists are not changed.
func WithTags(have, more []Tag) ([]Tag, error) {
	out := slices.Clone(have)
	at := make(map[string]int, len(out))
	for i, t := range out {
		at[t.Key] = i
	}
	for _, t := range more {
		if i, ok := at[t.Key]; ok {
			out[i] = t
		} else {
			out = append(out, t)
		}
	}
	if len(out) > TagsMax {
		return nil, dberr.New(dberr.Limit, "Limit for number of tags per resource exceeded: it would have %d, and %d is the most.", len(out), TagsMax)
	}
	return out, nil
}

// WithoutTags returns a list of tags without those with the given keys. Keys that it does not have do not matter. The list is
// not changed.
func WithoutTags(have []Tag, keys []string) []Tag {
	var out []Tag
	for _, t := range have {
		if !slices.Contains(keys, t.Key) {
			out = append(out, t)
		}
	}
	return out
}
