package api

import (
	"errors"
	"net/http"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/access"
	"github.com/tidemarkdb/tidemark/internal/api/awsjson"
	"github.com/tidemarkdb/tidemark/internal/api/sigv4"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/engine"
)

// Namespaces of error types.
const (
	serviceSpace      = "com.amazonaws.timestream.v20181101#"
	validateSpace     = "com.amazon.coral.validate#"
	protocolSpace     = "com.amazon.coral.service#"
	availabilitySpace = "com.amazon.coral.availability#"
)

// statusRejectedRecords is the status of RejectedRecordsException, which HTTP has no name for.
const statusRejectedRecords = 419

// code is how a client sees a kind of error.
type code struct {
	status int
	name   string
}

// short returns the name without its namespace.
func (c code) short() string { return c.name[strings.LastIndexByte(c.name, '#')+1:] }

// codes has the AWS code of each kind of error.
var codes = map[dberr.Kind]code{
	dberr.Invalid:     {http.StatusBadRequest, serviceSpace + "ValidationException"},
	dberr.NotFound:    {http.StatusNotFound, serviceSpace + "ResourceNotFoundException"},
	dberr.Conflict:    {http.StatusConflict, serviceSpace + "ConflictException"},
	dberr.Limit:       {http.StatusPaymentRequired, serviceSpace + "ServiceQuotaExceededException"},
	dberr.Throttled:   {http.StatusTooManyRequests, serviceSpace + "ThrottlingException"},
	dberr.Unavailable: {http.StatusServiceUnavailable, availabilitySpace + "ServiceUnavailableException"},
	dberr.Corruption:  {http.StatusInternalServerError, serviceSpace + "InternalServerException"},
	dberr.Execution:   {http.StatusBadRequest, serviceSpace + "QueryExecutionException"},
	dberr.Internal:    {http.StatusInternalServerError, serviceSpace + "InternalServerException"},
}

// signatureCodes has the code of each reason for which a signature is not accepted.
var signatureCodes = map[sigv4.Reason]code{
	sigv4.Missing:    {http.StatusForbidden, protocolSpace + "MissingAuthenticationTokenException"},
	sigv4.Incomplete: {http.StatusForbidden, protocolSpace + "IncompleteSignatureException"},
	sigv4.Invalid:    {http.StatusForbidden, protocolSpace + "InvalidSignatureException"},
}

// accessCodes has the code of each reason for which somebody may not do something. The other reasons are those of STS.
var accessCodes = map[access.Reason]code{
	access.UnknownKey: {http.StatusForbidden, protocolSpace + "UnrecognizedClientException"},
	access.Expired:    {http.StatusForbidden, protocolSpace + "ExpiredTokenException"},
	access.Forbidden:  {http.StatusForbidden, serviceSpace + "AccessDeniedException"},
}

// constraintError says that a request breaks constraints of its shape. The text lists them.
type constraintError struct{ text string }

// Error returns the text for the client.
func (e *constraintError) Error() string { return e.text }

// rejectedError says that some records of a request were not stored; the others were.
type rejectedError struct{ records []engine.RejectedRecord }

// Error returns the text for the client, without the list.
func (e *rejectedError) Error() string { return rejectedText }

// rejectedText is the message that goes with a list of rejected records.
const rejectedText = "One or more records have been rejected. See RejectedRecords for details."

// Errors about requests that are found before any operation runs.
var (
	errUnknownOperation = errors.New("unknown operation")
	errBodyTooLarge     = errors.New("the request body is larger than the server takes")
	errTooManyHeaders   = errors.New("the request has more headers than the server takes")
	errBodyUnread       = &awsjson.SyntaxError{Message: "the request body could not be read"}
	errContentType      = &awsjson.SyntaxError{Message: "the Content-Type of a request must be application/x-amz-json-1.0"}
	errContentEncoding  = &awsjson.SyntaxError{Message: "the body of a request must not be compressed: its Content-Encoding must be identity or absent"}
)

// errorTextBytesMax bounds the text of an error: many repeat what is wrong, which may be as long as a request.
const errorTextBytesMax = 16 << 10

// shortened returns a text whose end is left out if it is too long for an answer.
func shortened(text string) string {
	if len(text) <= errorTextBytesMax {
		return text
	}
	return strings.ToValidUTF8(text[:errorTextBytesMax], "") + "..."
}

// describeError returns the code and the text that a client gets for an error. The text of errors that are not meant for
// clients is replaced.
func describeError(err error, requestID string) (code, string) {
	kind, text := describeFully(err, requestID)
	return kind, shortened(text)
}

// describeFully is describeError with texts of any length.
func describeFully(err error, requestID string) (code, string) {
	var (
		syntax     *awsjson.SyntaxError
		constraint *constraintError
		rejected   *rejectedError
		known      *dberr.Error
		signature  *sigv4.Error
		refused    *access.Error
	)
	switch {
	case errors.As(err, &signature):
		return signatureCodes[signature.Reason], signature.Text
	case errors.As(err, &refused) && accessCodes[refused.Reason].status != 0:
		return accessCodes[refused.Reason], refused.Text
	case errors.As(err, &syntax):
		return code{http.StatusBadRequest, protocolSpace + "SerializationException"}, syntax.Message
	case errors.As(err, &constraint):
		return code{http.StatusBadRequest, validateSpace + "ValidationException"}, constraint.text
	case errors.As(err, &rejected):
		return code{statusRejectedRecords, serviceSpace + "RejectedRecordsException"}, rejectedText
	case errors.Is(err, errUnknownOperation):
		return code{http.StatusNotFound, protocolSpace + "UnknownOperationException"}, ""
	case errors.Is(err, errBodyTooLarge):
		return code{http.StatusRequestEntityTooLarge, protocolSpace + "RequestEntityTooLargeException"}, errBodyTooLarge.Error()
	case errors.Is(err, errTooManyHeaders):
		return code{http.StatusRequestHeaderFieldsTooLarge, protocolSpace + "RequestHeaderFieldsTooLargeException"}, errTooManyHeaders.Error()
	case errors.As(err, &known) && known.Kind != dberr.Internal:
		if c, ok := codes[known.Kind]; ok {
			return c, known.Client()
		}
	}
	return codes[dberr.Internal], "The request failed because of an internal error. The server's log has the details under request id " + requestID + "."
}

// writeError appends the body of an error answer. The text goes under both spellings of its key, since older SDKs read only
// one of them.
func writeError(w *awsjson.Writer, err error, c code, text string) {
	w.Open('{')
	w.Key("__type")
	w.Text(c.name)
	if text != "" {
		w.Key("Message")
		w.Text(text)
		w.Key("message")
		w.Text(text)
	}
	var missing *missingQueryError
	if errors.As(err, &missing) {
		w.Key("ScheduledQueryArn")
		w.Text(missing.arn)
	}
	var rejected *rejectedError
	if errors.As(err, &rejected) {
		w.Key("RejectedRecords")
		w.Open('[')
		for i := range rejected.records {
			writeRejected(w, &rejected.records[i])
		}
		w.Close('[')
	}
	w.Close('{')
}

// writeRejected appends one entry of RejectedRecords.
func writeRejected(w *awsjson.Writer, r *engine.RejectedRecord) {
	w.Open('{')
	w.Key("RecordIndex")
	w.Int(int64(r.Index))
	w.Key("Reason")
	w.Text(r.Reason)
	if r.ExistingVersion != 0 {
		w.Key("ExistingVersion")
		w.Int(r.ExistingVersion)
	}
	w.Close('{')
}
