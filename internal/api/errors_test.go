package api

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/api/awsjson"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/engine"
)

// TestErrors: every kind of error gives the documented status, type and form of message.
func TestErrors(t *testing.T) {
	const service = "com.amazonaws.timestream.v20181101#"
	internal := `"The request failed because of an internal error. The server's log has the details under request id RID."`
	body := func(name, message string) string {
		return fmt.Sprintf(`{"__type":"%s","Message":%s,"message":%s}`, name, message, message)
	}
	tests := []struct {
		err    error
		status int
		body   string
	}{
		{dberr.New(dberr.Invalid, "bad"), 400, body(service+"ValidationException", `"bad"`)},
		{dberr.At(dberr.Pos{Line: 1, Col: 8}, "Column 'x' does not exist"), 400, body(service+"ValidationException", `"line 1:8: Column 'x' does not exist"`)},
		{dberr.New(dberr.NotFound, "gone"), 404, body(service+"ResourceNotFoundException", `"gone"`)},
		{dberr.New(dberr.Conflict, "there"), 409, body(service+"ConflictException", `"there"`)},
		{dberr.New(dberr.Limit, "full"), 402, body(service+"ServiceQuotaExceededException", `"full"`)},
		{dberr.New(dberr.Throttled, "Request rate limit exceeded"), 429, body(service+"ThrottlingException", `"Request rate limit exceeded"`)},
		{dberr.New(dberr.Execution, "division by zero"), 400, body(service+"QueryExecutionException", `"division by zero"`)},
		{dberr.Wrap(dberr.Unavailable, errors.New("/secret/path"), "disk full"), 503, body("com.amazon.coral.availability#ServiceUnavailableException", `"disk full"`)},
		{dberr.Wrap(dberr.Corruption, errors.New("/secret/path"), "damaged"), 500, body(service+"InternalServerException", `"damaged"`)},
		{dberr.New(dberr.Internal, "our bug"), 500, body(service+"InternalServerException", internal)},
		{errors.New("/secret/path"), 500, body(service+"InternalServerException", internal)},
		{context.Canceled, 500, body(service+"InternalServerException", internal)},
		{fmt.Errorf("open segment x: %w", dberr.New(dberr.NotFound, "gone")), 404, body(service+"ResourceNotFoundException", `"gone"`)},
		{&constraintError{"1 validation error detected: x"}, 400, body("com.amazon.coral.validate#ValidationException", `"1 validation error detected: x"`)},
		{&awsjson.SyntaxError{Message: "no JSON"}, 400, body("com.amazon.coral.service#SerializationException", `"no JSON"`)},
		{errBodyTooLarge, 413, body("com.amazon.coral.service#RequestEntityTooLargeException", `"the request body is larger than the server takes"`)},
		{errUnknownOperation, 404, `{"__type":"com.amazon.coral.service#UnknownOperationException"}`},
		{&rejectedError{[]engine.RejectedRecord{{Index: 0, Reason: "old", ExistingVersion: 1<<63 - 1}, {Index: 3, Reason: "late"}}}, 419,
			`{"__type":"` + service + `RejectedRecordsException","Message":"One or more records have been rejected. See RejectedRecords for details.",` +
				`"message":"One or more records have been rejected. See RejectedRecords for details.",` +
				`"RejectedRecords":[{"RecordIndex":0,"Reason":"old","ExistingVersion":9223372036854775807},{"RecordIndex":3,"Reason":"late"}]}`},
	}
	for _, tt := range tests {
		c, text := describeError(tt.err, "RID")
		var w awsjson.Writer
		writeError(&w, tt.err, c, text)
		if c.status != tt.status || string(w.Buf) != tt.body {
			t.Errorf("%v: status %d\n got %s\nwant %d\n     %s", tt.err, c.status, w.Buf, tt.status, tt.body)
		}
	}
	if _, text := describeError(dberr.New(dberr.NotFound, "The database %s does not exist.", strings.Repeat("é", 1<<20)), "RID"); len(text) != errorTextBytesMax+2 || !strings.HasSuffix(text, "éé...") {
		t.Errorf("a text of %d bytes that ends with %q", len(text), text[len(text)-10:])
	}
	for kind := dberr.Internal; kind <= dberr.Execution; kind++ {
		if codes[kind].status == 0 {
			t.Errorf("no code for errors of kind %v", kind)
		}
	}
}
