package engine

import (
	"encoding/json"

	"github.com/tidemarkdb/tidemark/internal/errorreport"
)

// runInsights is the form that notifications and the catalog have of the insights of a run. Members are as in the API, in lower
// camel case.
type runInsights struct {
	Spatial     *runWorst[float64] `json:"querySpatialCoverage,omitempty"`
	Temporal    *runWorst[int64]   `json:"queryTemporalRange,omitempty"`
	Tables      int                `json:"queryTableCount"`
	OutputRows  int64              `json:"outputRows"`
	OutputBytes int64              `json:"outputBytes"`
}

// runWorst is what is said of the table that the run has read the largest part of.
type runWorst[V float64 | int64] struct {
	Max struct {
		Value        V        `json:"value"`
		TableARN     string   `json:"tableArn"`
		PartitionKey []string `json:"partitionKey,omitempty"`
	} `json:"max"`
}

// encodeInsights returns insights as JSON, nil for none.
func encodeInsights(in *QueryInsights) json.RawMessage {
	if in == nil {
		return nil
	}
	out := runInsights{Tables: in.Tables, OutputRows: in.OutputRows, OutputBytes: in.OutputBytes}
	if s := in.Spatial; s != nil {
		out.Spatial = &runWorst[float64]{}
		out.Spatial.Max.Value, out.Spatial.Max.TableARN, out.Spatial.Max.PartitionKey = s.Value, s.TableARN, s.PartitionKey
	}
	if t := in.Temporal; t != nil {
		out.Temporal = &runWorst[int64]{}
		out.Temporal.Max.Value, out.Temporal.Max.TableARN = t.Nanos, t.TableARN
	}
	return errorreport.Encode(&out)
}

// RunInsights returns the insights of a run, nil if there are none.
func RunInsights(r *ScheduledRun) *QueryInsights {
	var in runInsights
	if len(r.Insight) == 0 || json.Unmarshal(r.Insight, &in) != nil {
		return nil
	}
	out := &QueryInsights{Tables: in.Tables, OutputRows: in.OutputRows, OutputBytes: in.OutputBytes}
	if in.Spatial != nil {
		out.Spatial = &SpatialCoverage{Value: in.Spatial.Max.Value, TableARN: in.Spatial.Max.TableARN, PartitionKey: in.Spatial.Max.PartitionKey}
	}
	if in.Temporal != nil {
		out.Temporal = &TemporalRange{Nanos: in.Temporal.Max.Value, TableARN: in.Temporal.Max.TableARN}
	}
	return out
}
