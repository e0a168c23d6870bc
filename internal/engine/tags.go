package engine

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/catalog"
	"github.com/tidemarkdb/tidemark/internal/dberr"
)

// Tag is a label of a resource.
type Tag = catalog.Tag

// checkTags refuses labels that no resource may have.
func checkTags(tags []Tag) error {
	seen := make(map[string]bool, len(tags))
	for _, t := range tags {
		switch {
		case seen[t.Key]:
			return dberr.New(dberr.Invalid, "The tag key %s is given more than once.", t.Key)
		case len(t.Key) >= 4 && strings.EqualFold(t.Key[:4], "aws:"):
			return dberr.New(dberr.Invalid, "The tag key %s is reserved: keys must not begin with aws:.", t.Key)
		}
		seen[t.Key] = true
	}
	return nil
}

// tagged is a resource that has tags.
type tagged struct {
	tags func() ([]Tag, error)
	edit func(func([]Tag) ([]Tag, error)) error
}

// taggedResource returns the resource that an ARN names. Whether it exists may show only when it is used.
func (e *Engine) taggedResource(arn string) (tagged, error) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "timestream" {
		return tagged{}, invalidResourceARN(arn)
	}
	here := strings.HasPrefix(arn, "arn:aws:timestream:"+e.opts.Region+":"+e.opts.AccountID+":")
	kind, name, _ := strings.Cut(parts[5], "/")
	database, table, isTable := strings.Cut(name, "/table/")
	switch {
	case kind == "scheduled-query" && name != "": // their names may have slashes
		return e.taggedScheduledQuery(arn), nil
	case kind != "database" || !isName(database) || isTable && !isName(table):
		return tagged{}, invalidResourceARN(arn)
	case !here:
		return tagged{}, dberr.New(dberr.NotFound, "The resource %s does not exist.", arn)
	case isTable:
		return tagged{
			tags: func() ([]Tag, error) { return e.catalog.TableTags(database, table) },
			edit: func(f func([]Tag) ([]Tag, error)) error { return e.catalog.EditTableTags(database, table, f) },
		}, nil
	}
	return tagged{
		tags: func() ([]Tag, error) { return e.catalog.DatabaseTags(database) },
		edit: func(f func([]Tag) ([]Tag, error)) error { return e.catalog.EditDatabaseTags(database, f) },
	}, nil
}

// taggedScheduledQuery returns the scheduled query that an ARN names.
func (e *Engine) taggedScheduledQuery(arn string) tagged {
	return tagged{
		tags: func() (tags []Tag, err error) {
			err = e.withScheduled(arn, func(id string) (err error) {
				tags, err = e.catalog.ScheduledQueryTags(id)
				return err
			})
			return tags, err
		},
		edit: func(f func([]Tag) ([]Tag, error)) error {
			return e.withScheduled(arn, func(id string) error { return e.catalog.EditScheduledQueryTags(id, e.checkingSink(f)) })
		},
	}
}

// checkingSink lets an edit of a scheduled query's tags name no sink that there is none of. One that was named before stays.
func (e *Engine) checkingSink(edit func([]Tag) ([]Tag, error)) func([]Tag) ([]Tag, error) {
	return func(have []Tag) ([]Tag, error) {
		tags, err := edit(have)
		if name := SinkOf(tags); err == nil && name != SinkOf(have) {
			err = e.checkSink(name)
		}
		return tags, err
	}
}

// isName reports whether a part of an ARN may be the name of a resource.
func isName(part string) bool { return part != "" && !strings.Contains(part, "/") }

// invalidResourceARN is the error for an ARN that nothing with tags can have.
func invalidResourceARN(arn string) error {
	return dberr.New(dberr.Invalid, "The resource ARN %s is not the ARN of a database, a table or a scheduled query.", arn)
}

// TagResource gives a resource tags; a key that it has already gets the new value.
func (e *Engine) TagResource(_ context.Context, arn string, tags []Tag) error {
	r, err := e.taggedResource(arn)
	if err != nil {
		return err
	}
	if err := checkTags(tags); err != nil {
		return err
	}
	return r.edit(func(have []Tag) ([]Tag, error) { return catalog.WithTags(have, tags) })
}

// UntagResource takes the tags with some keys from a resource. Keys that it does not have do not matter.
func (e *Engine) UntagResource(_ context.Context, arn string, keys []string) error {
	r, err := e.taggedResource(arn)
	if err != nil {
		return err
	}
	return r.edit(func(have []Tag) ([]Tag, error) { return catalog.WithoutTags(have, keys), nil })
}

// ListTags returns up to limit tags of a resource in order of their keys, and the token of the next page, "" on the last one.
func (e *Engine) ListTags(_ context.Context, arn, token string, limit int) ([]Tag, string, error) {
	r, err := e.taggedResource(arn)
	if err != nil {
		return nil, "", err
	}
	kind := listTags + arn
	after, err := pageAfter(kind, token, limit)
	if err != nil {
		return nil, "", err
	}
	tags, err := r.tags()
	if err != nil {
		return nil, "", err
	}
	tags = slices.SortedFunc(slices.Values(tags), func(a, b Tag) int { return cmp.Compare(a.Key, b.Key) })
	if token != "" {
		first := slices.IndexFunc(tags, func(t Tag) bool { return t.Key > after.name })
		if first < 0 {
			return nil, "", nil
		}
		tags = tags[first:]
	}
	if len(tags) <= limit {
		return tags, "", nil
	}
	return tags[:limit], listToken(kind, listPosition{name: tags[limit-1].Key}), nil
}
