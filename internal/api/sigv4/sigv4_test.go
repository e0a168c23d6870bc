package sigv4

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

var suiteTime = time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)

// TestSuite: signatures of the test suite that AWS published, on which the SDKs for Python and JavaScript are tested, too.
func TestSuite(t *testing.T) {
	tests := []struct{ name, method, url, headers, signed, body, signature string }{
		{"get-vanilla", "GET", "/", "", "host;x-amz-date", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		{"get-vanilla-query-order-key-case", "GET", "/?Param2=value2&Param1=value1", "", "host;x-amz-date", "",
			"b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
		{"post-vanilla", "POST", "/", "", "host;x-amz-date", "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
		{"post-header-key-sort", "POST", "/", "My-Header1: value1", "host;my-header1;x-amz-date", "",
			"c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
		{"get-header-value-trim", "GET", "/", "My-Header1:  value1\nMy-Header2:  \"a   b   c\"", "host;my-header1;my-header2;x-amz-date", "",
			"acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
		{"get-header-key-duplicate", "GET", "/", "My-Header1: value2\nMy-Header1: value2\nMy-Header1: value1", "host;my-header1;x-amz-date", "",
			"c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
		{"post-x-www-form-urlencoded", "POST", "/", "Content-Type: application/x-www-form-urlencoded", "content-type;host;x-amz-date", "Param1=value1",
			"ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
	}
	for _, tt := range tests {
		r := httptest.NewRequest(tt.method, "http://example.amazonaws.com"+tt.url, strings.NewReader(tt.body))
		r.Header.Set("X-Amz-Date", suiteTime.Format(timeForm))
		for line := range strings.Lines(tt.headers) {
			name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
			r.Header.Add(name, value)
		}
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders="+tt.signed+", Signature="+tt.signature)
		if err := check(r, secret); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// check does all that a server does.
func check(r *http.Request, secret string) error {
	c, err := Parse(r)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if _, err := c.VerifyAhead(r, secret); err != nil {
		return err
	}
	return c.Verify(r, secret, sha256.Sum256(body))
}

// signed returns a request as aws-sdk-go-v2 signs it. change, if given, comes before the signature.
func signed(t testing.TB, change func(*http.Request)) *http.Request {
	t.Helper()
	const body = `{"QueryString":"SELECT 1"}`
	r := httptest.NewRequest(http.MethodPost, "http://db.example:8086/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "Timestream_20181101.Query")
	r.Header.Set("Amz-Sdk-Request", "attempt=1;   max=3")
	if change != nil {
		change(r)
	}
	sum := sha256.Sum256([]byte(body))
	err := v4.NewSigner().SignHTTP(context.Background(), aws.Credentials{AccessKeyID: "AKID/X", SecretAccessKey: secret, SessionToken: "T"},
		r, hex.EncodeToString(sum[:]), "timestream", "eu-west-1", suiteTime)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestSDK: what aws-sdk-go-v2 signs is taken, whatever it signs.
func TestSDK(t *testing.T) {
	for name, change := range map[string]func(*http.Request){
		"plain":          nil,
		"query":          func(r *http.Request) { r.URL.RawQuery = "b=2&a=x%20y&a=%2F&c" },
		"path":           func(r *http.Request) { r.URL.Path = "/a b/ü" },
		"hash of body":   func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", hash(`{"QueryString":"SELECT 1"}`)) },
		"content length": func(r *http.Request) { r.Header.Set("Content-Length", "26") },
	} {
		r := signed(t, change)
		c, err := Parse(r)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if c.AccessKeyID != "AKID/X" || c.Token != "T" || c.Region != "eu-west-1" || c.Service != "timestream" || !c.Time.Equal(suiteTime) {
			t.Errorf("%s: %+v", name, c)
		}
		if err := check(r, secret); err != nil {
			t.Errorf("%s: %v\n%v", name, err, r.Header)
		}
	}
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// TestChanged: nothing that is signed can be changed.
func TestChanged(t *testing.T) {
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for name, change := range map[string]func(*http.Request){
		"method":          func(r *http.Request) { r.Method = "PUT" },
		"path":            func(r *http.Request) { r.URL.Path = "/x" },
		"query":           func(r *http.Request) { r.URL.RawQuery = "a=b" },
		"host":            func(r *http.Request) { r.Host = "other.example" },
		"target":          set("X-Amz-Target", "Timestream_20181101.WriteRecords"),
		"second target":   func(r *http.Request) { r.Header.Add("X-Amz-Target", "Timestream_20181101.WriteRecords") },
		"token":           set("X-Amz-Security-Token", "U"),
		"another header":  set("Amz-Sdk-Request", "attempt=2; max=3"),
		"header missing":  func(r *http.Request) { r.Header.Del("Amz-Sdk-Request") },
		"time":            set("X-Amz-Date", "20150830T123601Z"),
		"body":            func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(`{"QueryString":"SELECT 2"}`)) },
		"region in scope": replaceAuthorization("eu-west-1", "us-east-1"),
	} {
		r := signed(t, nil)
		change(r)
		var known *Error
		if err := check(r, secret); !errors.As(err, &known) || known.Reason != Invalid || known.Text != mismatchText {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := check(signed(t, nil), secret+"x"); err == nil || err.Error() != mismatchText {
		t.Errorf("another secret: %v", err)
	}
	r := signed(t, set("X-Amz-Content-Sha256", hash("another body")))
	if err := check(r, secret); err == nil || !strings.Contains(err.Error(), "x-amz-content-sha256") {
		if err == nil || err.Error() != mismatchText {
			t.Errorf("hash of another body: %v", err)
		}
	}
}

func replaceAuthorization(old, text string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, text, 1))
	}
}

// TestForm: what is missing or makes no sense is said.
func TestForm(t *testing.T) {
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	tests := []struct {
		name   string
		change func(*http.Request)
		reason Reason
		text   string
	}{
		{"none", func(r *http.Request) { r.Header.Del("Authorization") }, Missing, "Missing Authentication Token"},
		{"empty", set("Authorization", ""), Missing, "Missing Authentication Token"},
		{"two", func(r *http.Request) { r.Header.Add("Authorization", "x") }, Incomplete, "one Authorization header"},
		{"bearer", set("Authorization", "Bearer abc"), Incomplete, "Unsupported AWS 'algorithm': 'Bearer'"},
		{"only algorithm", set("Authorization", Algorithm), Incomplete, "not a valid key=value pair"},
		{"no credential", replaceAuthorization("Credential=AKID/X/20150830/eu-west-1/timestream/aws4_request, ", ""), Incomplete, "requires 'Credential'"},
		{"two parts missing", set("Authorization", Algorithm+" Credential=a/20150830/b/c/aws4_request"), Incomplete,
			"Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter."},
		{"signature twice", func(r *http.Request) {
			r.Header.Set("Authorization", r.Header.Get("Authorization")+", Signature="+strings.Repeat("0", 64))
		}, Incomplete, "'Signature' twice"},
		{"unknown part", replaceAuthorization("Credential=", "Extra=1, Credential="), Incomplete, "'Extra=1'"},
		{"short signature", func(r *http.Request) {
			a := r.Header.Get("Authorization")
			r.Header.Set("Authorization", a[:len(a)-1])
		}, Incomplete, "64 hexadecimal digits"},
		{"signature of other characters", replaceAuthorization("Signature=", "Signature=zz"), Incomplete, "64 hexadecimal digits"},
		{"short credential", replaceAuthorization("AKID/X/20150830/", ""), Incomplete, "at least 5 slash-delimited elements"},
		{"terminator", replaceAuthorization("aws4_request", "aws5_request"), Invalid, "valid terminator: 'aws4_request', not 'aws5_request'"},
		{"day", replaceAuthorization("20150830", "20150829"), Invalid, "'20150829' != '20150830', from '20150830T123600Z'"},
		{"no date", func(r *http.Request) { r.Header.Del("X-Amz-Date") }, Incomplete, "requires existence of either a 'X-Amz-Date' or a 'Date' header"},
		{"bad date", set("X-Amz-Date", "yesterday"), Incomplete, "Got 'yesterday'"},
		{"host unsigned", replaceAuthorization("host;", ""), Invalid, "'Host' or ':authority' must be a 'SignedHeader'"},
		{"target unsigned", replaceAuthorization(";x-amz-target", ""), Invalid, "'X-Amz-Target' must be a 'SignedHeader'"},
		{"content type unsigned", replaceAuthorization("content-type;", ""), Invalid, "'Content-Type' must be a 'SignedHeader'"},
		{"date unsigned", replaceAuthorization("x-amz-date;", ""), Invalid, "'X-Amz-Date' must be a 'SignedHeader'"},
		{"upper case", replaceAuthorization("host;", "Host;"), Incomplete, "'Host' is not"},
		{"unsorted", replaceAuthorization("host;", "host;amz;"), Incomplete, "'amz' is not"},
		{"twice", replaceAuthorization("host;", "host;host;"), Incomplete, "'host' is not"},
		{"too many", replaceAuthorization("host;", strings.Repeat("host;", 100)), Incomplete, "more than 64"},
	}
	for _, tt := range tests {
		r := signed(t, nil)
		tt.change(r)
		var known *Error
		if _, err := Parse(r); !errors.As(err, &known) || known.Reason != tt.reason || !strings.Contains(known.Text, tt.text) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// TestTime: a signature holds for the skew, before and after, and its texts are the service's.
func TestTime(t *testing.T) {
	c, err := Parse(signed(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []time.Duration{0, 5 * time.Minute, -5 * time.Minute} {
		if err := c.CheckTime(suiteTime.Add(d), 5*time.Minute); err != nil {
			t.Errorf("%s later: %v", d, err)
		}
	}
	for d, want := range map[time.Duration]string{
		5*time.Minute + time.Second:  "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T124101Z - 5 min.)",
		-5*time.Minute - time.Second: "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T123059Z + 5 min.)",
	} {
		if err := c.CheckTime(suiteTime.Add(d).In(time.FixedZone("", 3600)), 5*time.Minute); err == nil || err.Error() != want {
			t.Errorf("%s later: %v", d, err)
		}
	}
	if err := c.CheckScope("timestream"); err != nil {
		t.Error(err)
	}
	if err := c.CheckScope("sts"); err == nil || !strings.Contains(err.Error(), "'sts'") {
		t.Error(err)
	}
}

// TestDateHeader: the time may be in Date, which is signed then.
func TestDateHeader(t *testing.T) {
	for _, date := range []string{"Sun, 30 Aug 2015 12:36:00 GMT", "20150830T123600Z"} {
		r := httptest.NewRequest("GET", "http://example.amazonaws.com/", nil)
		r.Header.Set("Date", date)
		r.Header.Set("Authorization", Algorithm+" Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=date;host, Signature="+strings.Repeat("0", 64))
		c, err := Parse(r)
		if err != nil || !c.Time.Equal(suiteTime) {
			t.Errorf("%s: %v", date, err)
		}
	}
}

// BenchmarkVerify checks a request of 30 KB, as WriteRecords of 100 records has.
func BenchmarkVerify(b *testing.B) {
	r := signed(b, nil)
	body := make([]byte, 30<<10)
	b.ReportAllocs()
	for b.Loop() {
		c, err := Parse(r)
		if err != nil {
			b.Fatal(err)
		}
		_ = c.Verify(r, secret, sha256.Sum256(body))
	}
}
