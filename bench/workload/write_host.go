package workload

import (
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"
)

// writeHost is a host and its request, in which only the times change.
type writeHost struct {
	shape              *WriteShape
	zone, region, name string
	values             []string // of record 0, of record 1 and so on
	hundredths         []int64  // sums of a request's values by measure and column

	body  []byte
	times []int // where in the body the times are
	input *timestreamwrite.WriteRecordsInput
}

// timeDigits is the length of a time in milliseconds, until 2286.
const timeDigits = 13

// newWriteHost makes a host of a stream.
func newWriteHost(shape *WriteShape, stream, number int) *writeHost {
	h := &writeHost{
		shape: shape, region: "us-east-1", zone: "us-east-1" + string(rune('a'+number%3)), name: fmt.Sprintf("host-%02d-%03d", stream, number),
		values: make([]string, shape.RequestValues()), hundredths: make([]int64, len(shape.measures)*len(shape.columns)),
	}
	for i := range h.values {
		// Hundredths between 5 and 95 percent, without a pattern that would compress well.
		n := 500 + int64(uint32(stream*7919+number*104729+i*15485863)*2654435761>>8)%9000
		h.hundredths[i%len(h.hundredths)] += n
		h.values[i] = strconv.FormatFloat(float64(n)/100, 'f', -1, 64)
	}
	h.makeBody()
	return h
}

// makeBody prepares the body for clients without an SDK.
func (h *writeHost) makeBody() {
	common := `"MeasureValueType":"DOUBLE"`
	if h.shape.multi {
		common = fmt.Sprintf(`"MeasureName":%q,"MeasureValueType":"MULTI"`, h.shape.measures[0])
	}
	h.body = fmt.Appendf(nil, `{"DatabaseName":%q,"TableName":%q,"CommonAttributes":{"Dimensions":[{"Name":"region","Value":%q},`+
		`{"Name":"az","Value":%q},{"Name":"hostname","Value":%q}],%s,"TimeUnit":"MILLISECONDS"},"Records":[`,
		WriteDatabase, WriteTable, h.region, h.zone, h.name, common)
	for i := range requestRecords {
		if i > 0 {
			h.body = append(h.body, ',')
		}
		h.body = append(h.body, '{')
		h.appendMeasures(i)
		h.body = append(h.body, `,"Time":"`...)
		h.times = append(h.times, len(h.body))
		h.body = fmt.Appendf(h.body, `%0*d"}`, timeDigits, 0)
	}
	h.body = append(h.body, `]}`...)
}

// appendMeasures appends to the body what record i has besides its time.
func (h *writeHost) appendMeasures(i int) {
	if !h.shape.multi {
		h.body = fmt.Appendf(h.body, `"MeasureName":%q,"MeasureValue":%q`, h.shape.measures[i%len(h.shape.measures)], h.values[i])
		return
	}
	h.body = append(h.body, `"MeasureValues":[`...)
	for k, column := range h.shape.columns {
		if k > 0 {
			h.body = append(h.body, ',')
		}
		h.body = fmt.Appendf(h.body, `{"Name":%q,"Value":%q,"Type":"DOUBLE"}`, column, h.values[i*len(h.shape.columns)+k])
	}
	h.body = append(h.body, ']')
}

// sdkInput returns the same for the SDK, without times. It is made when it is first asked for.
func (h *writeHost) sdkInput() *timestreamwrite.WriteRecordsInput {
	if h.input != nil {
		return h.input
	}
	dimension := func(name, value string) types.Dimension {
		return types.Dimension{Name: aws.String(name), Value: aws.String(value)}
	}
	common := &types.Record{
		Dimensions:       []types.Dimension{dimension("region", h.region), dimension("az", h.zone), dimension("hostname", h.name)},
		MeasureValueType: types.MeasureValueTypeDouble, TimeUnit: types.TimeUnitMilliseconds,
	}
	if h.shape.multi {
		common.MeasureName, common.MeasureValueType = &h.shape.measures[0], types.MeasureValueTypeMulti
	}
	h.input = &timestreamwrite.WriteRecordsInput{
		DatabaseName: aws.String(WriteDatabase), TableName: aws.String(WriteTable), CommonAttributes: common,
	}
	for i := range requestRecords {
		var r types.Record
		if !h.shape.multi {
			r.MeasureName, r.MeasureValue = &h.shape.measures[i%len(h.shape.measures)], &h.values[i]
		} else {
			for k := range h.shape.columns {
				r.MeasureValues = append(r.MeasureValues, types.MeasureValue{
					Name: &h.shape.columns[k], Value: &h.values[i*len(h.shape.columns)+k], Type: types.MeasureValueTypeDouble,
				})
			}
		}
		h.input.Records = append(h.input.Records, r)
	}
	return h.input
}
