package engine

import (
	"context"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/mapping"
	"github.com/tidemarkdb/tidemark/internal/types"
)

// TestScheduledModel: which types of columns can become which measures.
func TestScheduledModel(t *testing.T) {
	columns := []ResultColumn{{"at", types.Timestamp}, {"host", types.Varchar}, {"d", types.Double}, {"i", types.Integer}, {"b", types.Bigint}, {"f", types.Boolean}, {"dup", types.Double}, {"dup", types.Double}}
	fit := map[mapping.Type]string{mapping.Double: "d i b", mapping.Bigint: "i b", mapping.Varchar: "host", mapping.Boolean: "f", mapping.Timestamp: "at"}
	for kind, want := range fit {
		got := ""
		for _, c := range columns[:6] {
			m := mapping.Model{TimeColumn: "at", Dimensions: []mapping.Dimension{{Source: "host"}},
				Multi: &mapping.Multi{MeasureName: "m", Attributes: []mapping.Attribute{{Source: c.Name, Name: "x", Type: kind}}}}
			if CheckScheduledModel(&m, columns) == nil {
				got += " " + c.Name
			}
		}
		if got != " "+want {
			t.Errorf("%s may come from%s, want %s", kind, got, want)
		}
	}
	for _, c := range []struct {
		model mapping.Model
		want  string
	}{
		{mapping.Model{TimeColumn: "at", Dimensions: []mapping.Dimension{{Source: "d"}}, Mixed: []mapping.Mixed{{Source: "d", Type: mapping.Double}}},
			"The column 'd' has type double, but a dimension must be of type VARCHAR."},
		{mapping.Model{TimeColumn: "at", MeasureNameColumn: "i", Dimensions: []mapping.Dimension{{Source: "host"}}, Mixed: []mapping.Mixed{{MeasureName: "x", Source: "d", Type: mapping.Double}}},
			"The column 'i' has type integer, but the measure name column must be of type VARCHAR."},
		{mapping.Model{TimeColumn: "at", Dimensions: []mapping.Dimension{{Source: "host"}}, Mixed: []mapping.Mixed{{Source: "dup", Type: mapping.Double}}},
			"The column 'dup' of the data model is ambiguous: there are several of that name."},
	} {
		if err := CheckScheduledModel(&c.model, columns); err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

// TestSinkTag: the tag that names a sink is checked whenever it is given, also to a scheduled query whose name has a slash. What was
// given stays when other tags change, whether the sink is still there or not.
func TestSinkTag(t *testing.T) {
	e, _ := newEngine(t)
	sinks := map[string]bool{"power": true}
	e.opts.CheckSink = func(name string) error {
		if !sinks[name] {
			return dberr.New(dberr.Invalid, "There is no sink '%s'", name)
		}
		return nil
	}
	ctx := context.Background()
	tag := func(key, value string) []Tag { return []Tag{{Key: key, Value: value}} }
	in := CreateScheduledQueryInput{Name: "team/job", Query: "SELECT 1 AS x", Schedule: "rate(1 hour)", Topic: "arn:aws:sns:us-east-1:000000000000:runs",
		Role: "arn:aws:iam::000000000000:role/r", ErrorReports: S3Location{Bucket: "reports"}, Tags: tag(SinkTag, "other")}
	_, err := e.CreateScheduledQuery(ctx, in)
	wantError(t, err, dberr.Invalid, "There is no sink 'other'")
	in.Tags = tag(SinkTag, "power")
	arn, err := e.CreateScheduledQuery(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, e.TagResource(ctx, arn, append(tag("team", "a"), tag(SinkTag, "other")...)), dberr.Invalid, "There is no sink 'other'")
	sinks = nil
	if err := e.TagResource(ctx, arn, tag("team", "b")); err != nil {
		t.Error(err)
	}
	tags, _, err := e.ListTags(ctx, arn, "", 10)
	if err != nil || len(tags) != 2 || tags[0].Value != "b" || tags[1].Value != "power" {
		t.Errorf("tags %v, %v", tags, err)
	}
	if err := e.UntagResource(ctx, arn, []string{SinkTag}); err != nil {
		t.Error(err)
	}
	wantError(t, e.TagResource(ctx, arn, tag(SinkTag, "power")), dberr.Invalid, "There is no sink 'power'")
}
