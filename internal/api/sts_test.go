package api

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// form makes a request of the query protocol.
func form(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	return r
}

// Where nobody is asked who he is, any role can be taken: programs that are set up to take one work.
func TestSTSWithoutAuthentication(t *testing.T) {
	h := newHandler(t, Options{AccountID: "123456789012", NewRequestID: func() string { return "RID" }})
	const space, end = ` xmlns="https://sts.amazonaws.com/doc/2011-06-15/">`, `<RequestId>RID</RequestId>`
	failed := func(code, text string) string {
		return `<ErrorResponse` + space + `<Error><Type>Sender</Type><Code>` + code + `</Code><Message>` + text + `</Message></Error>` + end + `</ErrorResponse>`
	}
	const role = "&RoleArn=arn:aws:iam::999999999999:role/x/grafana&RoleSessionName=me"
	tests := []struct {
		body   string
		status int
		answer string
	}{
		{"Action=GetCallerIdentity&Version=2011-06-15", 200, `<GetCallerIdentityResponse` + space + `<GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:root</Arn>` +
			`<UserId>123456789012</UserId><Account>123456789012</Account></GetCallerIdentityResult><ResponseMetadata>` + end + `</ResponseMetadata></GetCallerIdentityResponse>`},
		{"Action=GetCallerIdentity&Version=2020-01-01", 400, failed("InvalidAction", "Could not find the operation for version 2011-06-15. Tidemark has AssumeRole and GetCallerIdentity.")},
		{"Action=GetSessionToken", 400, failed("InvalidAction", "Could not find the operation for version 2011-06-15. Tidemark has AssumeRole and GetCallerIdentity.")},
		{"%zz", 400, failed("MalformedQueryString", "the request&#39;s body is not a form")},
		{"Action=AssumeRole" + role + "&DurationSeconds=1e3", 400, failed("ValidationError", "DurationSeconds must be a number of seconds")},
		{"Action=AssumeRole" + role + "&DurationSeconds=60", 400, failed("ValidationError", "DurationSeconds must be between 900 and 43200")},
		{"Action=AssumeRole" + role + role, 400, ""},
		{"Action=AssumeRole&RoleArn=arn:grafana-and-so-on&RoleSessionName=me", 400, failed("ValidationError", "RoleArn must be the ARN of a role, such as arn:aws:iam::123456789012:role/name")},
		{"Action=AssumeRole" + role + "&Tags.member.1.Key=a", 400, failed("ValidationError", "Tidemark does not support the parameter &#34;Tags.member.1.Key&#34; of AssumeRole.")},
	}
	for _, tt := range tests {
		if status, body := serve(h, form(tt.body)); status != tt.status || tt.answer != "" && body != tt.answer {
			t.Errorf("%s: %d\n%s\nwant %d\n%s", tt.body, status, body, tt.status, tt.answer)
		}
	}
	status, body := serve(h, form("Action=AssumeRole"+role+"&DurationSeconds=900"))
	for _, want := range []string{"<Arn>arn:aws:sts::999999999999:assumed-role/grafana/me</Arn>", "<AccessKeyId>ASIA", "<Expiration>2024-01-05T10:30:00Z</Expiration>"} {
		if status != 200 || !strings.Contains(body, want) {
			t.Errorf("%d %s, want %s", status, body, want)
		}
	}
}

// TestEveryOperationNeedsSomething: the table of permissions has a line for each operation, and no other.
func TestEveryOperationNeedsSomething(t *testing.T) {
	for name := range operations {
		if _, ok := needs[name]; !ok {
			t.Errorf("%s has no line", name)
		}
	}
	for name := range needs {
		if operations[name] == nil {
			t.Errorf("there is no operation %s", name)
		}
	}
}
