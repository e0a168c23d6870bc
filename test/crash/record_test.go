//go:build unix

package crash_test

import (
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"
)

// identity is what makes two records the same one.
type identity struct {
	table, client, series, measure string
	time                           int64 // milliseconds
}

// content is what a record holds. Every write of a record has a stamp of its own, from which all its values follow: a
// record with values of two writes does not pass for one of them.
type content struct{ stamp, version int64 }

// The measures. Records of multiMeasure have attributes; the others show that single values survive, too.
const (
	multiMeasure  = "multi"
	bigintMeasure = "count"
	doubleMeasure = "level"
	textMeasure   = "note"
)

// measures are all of them; half of the records are multi-measure ones.
var measures = [...]string{multiMeasure, multiMeasure, multiMeasure, bigintMeasure, doubleMeasure, textMeasure}

// value is one value of a record, in the form in which WriteRecords takes it.
type value struct {
	column string
	kind   types.MeasureValueType
	text   string
}

// values returns what a record of a measure holds. Which columns it has depends on the stamp, so that an update leaves
// other columns empty than what it replaces.
func (c content) values(measure string) []value {
	number := strconv.FormatInt(c.stamp, 10)
	half := strconv.FormatFloat(float64(c.stamp)/2, 'f', -1, 64)
	switch measure {
	case bigintMeasure:
		return []value{{"measure_value::bigint", types.MeasureValueTypeBigint, number}}
	case doubleMeasure:
		return []value{{"measure_value::double", types.MeasureValueTypeDouble, half}}
	case textMeasure:
		return []value{{"measure_value::varchar", types.MeasureValueTypeVarchar, c.padded()}}
	}
	parity := "even"
	if c.stamp%2 == 1 {
		parity = "odd"
	}
	return []value{
		{"stamp", types.MeasureValueTypeBigint, number},
		{"version", types.MeasureValueTypeBigint, strconv.FormatInt(c.version, 10)},
		{"half", types.MeasureValueTypeDouble, half},
		{"third", types.MeasureValueTypeBoolean, strconv.FormatBool(c.stamp%3 == 0)},
		{"text", types.MeasureValueTypeVarchar, fmt.Sprintf("%0*d", 1+c.stamp%50, c.stamp)},
		{"at", types.MeasureValueTypeTimestamp, number},
		{parity, types.MeasureValueTypeBigint, number},
		{fmt.Sprintf("column_%d", c.stamp%32), types.MeasureValueTypeBigint, number},
	}
}

// padded returns the stamp as a text that sorts as the number does.
func (c content) padded() string { return fmt.Sprintf("%015d", c.stamp) }

// record returns what WriteRecords takes. The dimension client is among the request's common attributes.
func (c content) record(id identity) types.Record {
	r := types.Record{
		Dimensions: []types.Dimension{{Name: aws.String("series"), Value: aws.String(id.series)}},
		Time:       aws.String(strconv.FormatInt(id.time, 10)), MeasureName: aws.String(id.measure), Version: aws.Int64(c.version),
	}
	values := c.values(id.measure)
	if id.measure != multiMeasure {
		r.MeasureValue, r.MeasureValueType = aws.String(values[0].text), values[0].kind
		return r
	}
	r.MeasureValueType = types.MeasureValueTypeMulti
	for _, v := range values {
		r.MeasureValues = append(r.MeasureValues, types.MeasureValue{Name: aws.String(v.column), Value: aws.String(v.text), Type: v.kind})
	}
	return r
}

// columns returns what a row must show: text by column, without those that are NULL.
func (c content) columns(id identity) map[string]string {
	out := map[string]string{
		"client": id.client, "series": id.series, "measure_name": id.measure, "time": timestampText(id.time),
	}
	for _, v := range c.values(id.measure) {
		switch v.kind {
		case types.MeasureValueTypeTimestamp:
			out[v.column] = timestampText(c.stamp)
		default:
			out[v.column] = v.text
		}
	}
	return out
}

// timestampLayout is how queries print times.
const timestampLayout = "2006-01-02 15:04:05.000000000"

// timestampText returns a time in milliseconds as queries print it.
func timestampText(ms int64) string { return time.UnixMilli(ms).UTC().Format(timestampLayout) }

// parseTimestamp returns the milliseconds of a time as queries print it.
func parseTimestamp(text string) (int64, error) {
	t, err := time.Parse(timestampLayout, text)
	return t.UnixMilli(), err
}
