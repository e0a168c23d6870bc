package security

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"

	"github.com/tidemarkdb/tidemark/internal/access"
)

// records is a request of one record of now.
func records(database, table string) *timestreamwrite.WriteRecordsInput {
	text := func(s string) *string { return &s }
	return &timestreamwrite.WriteRecordsInput{DatabaseName: &database, TableName: &table, Records: []types.Record{{
		Dimensions: []types.Dimension{{Name: text("host"), Value: text("a")}}, MeasureName: text("cpu"), MeasureValue: text("1"),
		MeasureValueType: types.MeasureValueTypeDouble, Time: text(strconv.FormatInt(time.Now().UnixMilli(), 10))}}}
}

// Signatures that are missing, wrong, too old, or not of what was sent.
func TestSignatures(t *testing.T) {
	w := newWorld(t, access.File{Users: []access.User{granted("admin", "AmazonTimestreamFullAccess")}})
	admin, now := named("admin"), time.Now()
	const list, write = "ListDatabases", "WriteRecords"
	unsigned := func(r *http.Request) { r.Header.Del("Authorization") }
	const mismatch = "The request signature we calculated does not match the signature you provided."
	tests := []struct {
		name            string
		who             person
		at              time.Time
		operation, body string
		change          func(*http.Request)
		status          int
		code, text      string
	}{
		{"signed", admin, now, list, "{}", nil, 200, "", ""},
		{"unsigned", admin, now, list, "{}", unsigned, 403, "MissingAuthenticationTokenException", "Missing Authentication Token"},
		{"unsigned discovery", admin, now, "DescribeEndpoints", "{}", unsigned, 403, "MissingAuthenticationTokenException", ""},
		{"another scheme", admin, now, list, "{}", func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, 403, "IncompleteSignatureException", "Bearer"},
		{"a part is missing", admin, now, list, "{}", func(r *http.Request) {
			a, _, _ := strings.Cut(r.Header.Get("Authorization"), ", Signature")
			r.Header.Set("Authorization", a)
		}, 403, "IncompleteSignatureException", "Authorization header requires 'Signature' parameter."},
		{"unknown key", person{id: "AKIANOBODY", secret: admin.secret}, now, list, "{}", nil, 403, "UnrecognizedClientException",
			"The security token included in the request is invalid."},
		{"key with a token that is none of ours", person{admin.id, admin.secret, "FwoGZXIvYXdzEJr"}, now, list, "{}", nil, 403, "UnrecognizedClientException", ""},
		{"wrong secret", person{id: admin.id, secret: "guess"}, now, list, "{}", nil, 403, "InvalidSignatureException", mismatch},
		{"tampered body", admin, now, write, `{"DatabaseName":"a"}`, replaceBody(`{"DatabaseName":"b"}`), 403, "InvalidSignatureException", mismatch},
		{"tampered operation", admin, now, list, "{}", func(r *http.Request) { r.Header.Set("X-Amz-Target", "Timestream_20181101.DeleteDatabase") }, 403,
			"InvalidSignatureException", mismatch},
		{"four minutes old", admin, now.Add(-4 * time.Minute), list, "{}", nil, 200, "", ""},
		{"replayed after the skew", admin, now.Add(-5*time.Minute - 2*time.Second), list, "{}", nil, 403, "InvalidSignatureException", "Signature expired: "},
		{"from the future", admin, now.Add(6 * time.Minute), list, "{}", nil, 403, "InvalidSignatureException", "Signature not yet current: "},
		{"replayed with a new date", admin, now.Add(-time.Hour), list, "{}", func(r *http.Request) {
			r.Header.Set("X-Amz-Date", now.UTC().Format("20060102T150405Z"))
		}, 403, "InvalidSignatureException", ""},
	}
	for _, tt := range tests {
		status, code, text := w.send(tt.who, tt.at, tt.operation, tt.body, tt.change)
		if status != tt.status || code != tt.code || !strings.Contains(text, tt.text) {
			t.Errorf("%s: %d %s: %s", tt.name, status, code, text)
		}
	}
	refused(t, "an SDK with a wrong secret", w.query(person{id: admin.id, secret: "guess"}, "SELECT 1"), "InvalidSignatureException", mismatch)
	allowed(t, "an SDK", w.query(admin, "SELECT 1"))
	if strings.Contains(w.Stderr()+w.Stdout(), admin.secret) {
		t.Error("the secret is in the log")
	}
}
