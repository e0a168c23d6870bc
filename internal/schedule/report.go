package schedule

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/errorreport"
	"github.com/tidemarkdb/tidemark/internal/mapping"
)

// reportBytesMax bounds what a report says: further rows and records are only counted.
const reportBytesMax = 8 << 20

// rejections collects what of a run's rows could not be written.
type rejections struct {
	entries []rejection
	byCause map[string]int // reason of records -> its entry
	bytes   int
	omitted int // rows and records that did not fit
	records int // that were refused
}

// rejection is one entry of a report: a reason with the records that were refused for it, with the row that no records could
// be made of, or alone.
type rejection struct {
	Reason  string            `json:"reason"`
	Records []json.RawMessage `json:"records,omitempty"`
	RawLine string            `json:"rawLine,omitempty"`
}

// empty reports whether everything was written.
func (r *rejections) empty() bool { return len(r.entries) == 0 && r.omitted == 0 }

// fits reports whether there is room for something of a size, and takes it.
func (r *rejections) fits(size int) bool {
	if r.bytes+size > reportBytesMax {
		r.omitted++
		return false
	}
	r.bytes += size
	return true
}

// addRow adds a row that gave no records.
func (r *rejections) addRow(reason string, row []mapping.Value) {
	texts := make([]string, len(row))
	for i := range row {
		texts[i] = row[i].Text
	}
	line := strings.Join(texts, ",")
	if r.fits(len(reason) + len(line)) {
		r.entries = append(r.entries, rejection{Reason: reason, RawLine: line})
	}
}

// addRecord adds a record that was refused.
func (r *rejections) addRecord(reason string, record *mapping.Record) {
	r.records++
	text := encodeRecord(record)
	if !r.fits(len(text)) {
		return
	}
	if r.byCause == nil {
		r.byCause = map[string]int{}
	}
	i, known := r.byCause[reason]
	if !known {
		i = len(r.entries)
		r.byCause[reason] = i
		r.entries = append(r.entries, rejection{Reason: reason})
	}
	r.entries[i].Records = append(r.entries[i].Records, text)
}

// encodeRecord describes a record. The result shares no memory with it.
func encodeRecord(r *mapping.Record) []byte {
	out := errorreport.Record{MeasureName: r.MeasureName, MeasureType: r.MeasureType.String(), Time: r.Time, TimeUnit: "NANOSECONDS"}
	for _, d := range r.Dimensions {
		out.Dimensions = append(out.Dimensions, errorreport.Dimension{Name: d.Name, Value: d.Value})
	}
	for _, v := range r.MeasureValues {
		out.MeasureValues = append(out.MeasureValues, errorreport.Measure{Name: v.Name, Value: v.Value, Type: v.Type.String()})
	}
	if r.MeasureType != mapping.MultiMeasure {
		out.MeasureValue = &r.MeasureValue
	}
	return errorreport.Encode(&out)
}

// encode returns the report.
func (r *rejections) encode() []byte {
	entries := r.entries
	if r.omitted > 0 {
		entries = append(entries[:len(entries):len(entries)], rejection{Reason: fmt.Sprintf("%d further rows and records are not listed because the report would be too large.", r.omitted)})
	}
	return errorreport.Encode(struct {
		ID     string      `json:"reportId"`
		Errors []rejection `json:"errors"`
	}{errorreport.NewID(), entries})
}

// reportKey returns where the report of a run lies in its bucket.
func reportKey(s *engine.ScheduledStart) string {
	how := "Auto"
	if s.Manual != 0 {
		how = "Manual"
	}
	return errorreport.Key(s.ErrorReports.Prefix, fmt.Sprintf("%s/%d/%s/%d/error_report.json", s.ID, s.At, how, s.Trigger))
}
