package schedule

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/engine"
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

// recordJSON is a record in a report. Members that are not known are null, as in the service's reports.
type recordJSON struct {
	Dimensions    []dimensionJSON `json:"dimensions"`
	MeasureName   string          `json:"measureName"`
	MeasureValue  *string         `json:"measureValue"`
	MeasureValues []measureJSON   `json:"measureValues"`
	MeasureType   string          `json:"measureValueType"`
	Time          string          `json:"time"`
	TimeUnit      string          `json:"timeUnit"`
	Version       *int64          `json:"version"`
}

// dimensionJSON is a dimension of a record in a report.
type dimensionJSON struct {
	Name  string  `json:"name"`
	Value string  `json:"value"`
	Type  *string `json:"dimensionValueType"`
}

// measureJSON is an attribute of a multi-measure record in a report.
type measureJSON struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Type  string `json:"type"`
}

// encodeRecord describes a record. The result shares no memory with it.
func encodeRecord(r *mapping.Record) []byte {
	out := recordJSON{MeasureName: r.MeasureName, MeasureType: r.MeasureType.String(), Time: r.Time, TimeUnit: "NANOSECONDS"}
	for _, d := range r.Dimensions {
		out.Dimensions = append(out.Dimensions, dimensionJSON{Name: d.Name, Value: d.Value})
	}
	for _, v := range r.MeasureValues {
		out.MeasureValues = append(out.MeasureValues, measureJSON{v.Name, v.Value, v.Type.String()})
	}
	if r.MeasureType != mapping.MultiMeasure {
		out.MeasureValue = &r.MeasureValue
	}
	return encodeJSON(&out)
}

// encode returns the report.
func (r *rejections) encode() []byte {
	entries := r.entries
	if r.omitted > 0 {
		entries = append(entries[:len(entries):len(entries)], rejection{Reason: fmt.Sprintf("%d further rows and records are not listed because the report would be too large.", r.omitted)})
	}
	var id [16]byte
	_, _ = rand.Read(id[:])
	return encodeJSON(struct {
		ID     string      `json:"reportId"`
		Errors []rejection `json:"errors"`
	}{fmt.Sprintf("%X", id), entries})
}

// encodeJSON encodes a value without hiding the characters of HTML.
func encodeJSON(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("bug: encode a report: " + err.Error())
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// reportKey returns where the report of a run lies in its bucket.
func reportKey(s *engine.ScheduledStart) string {
	how := "Auto"
	if s.Manual != 0 {
		how = "Manual"
	}
	key := fmt.Sprintf("%s/%d/%s/%d/error_report.json", s.ID, s.At, how, s.Trigger)
	if prefix := strings.TrimSuffix(s.ErrorReports.Prefix, "/"); prefix != "" {
		key = prefix + "/" + key
	}
	return key
}
