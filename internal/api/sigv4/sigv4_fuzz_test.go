package sigv4

import (
	"crypto/sha256"
	"errors"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzParse: whatever a header says, there is an error of ours or a claim, never a panic; and no claim is proven by chance.
func FuzzParse(f *testing.F) {
	good := signed(f, nil)
	f.Add(good.Header.Get("Authorization"), good.Header.Get("X-Amz-Date"), "", "", "a=b&c=%20")
	f.Add(Algorithm+" Credential=a/20150830/b/c/aws4_request,SignedHeaders=date;host,Signature="+strings.Repeat("0", 64), "", "Sun, 30 Aug 2015 12:36:00 GMT", "x", "")
	f.Add("Bearer x", "20150830T123600Z", "", "", "%zz")
	f.Add(Algorithm+" Credential=////,=,SignedHeaders=;;", "20150830T123600Z", "x", "UNSIGNED-PAYLOAD", "&&=&")
	f.Add(Algorithm, "\xff", "\xff", "\xff", "\xff")
	f.Fuzz(func(t *testing.T, authorization, amzDate, date, payloadHash, query string) {
		r := httptest.NewRequest("POST", "http://db.example/", nil)
		r.URL = &url.URL{Path: "/", RawQuery: query}
		for name, value := range map[string]string{"Authorization": authorization, "X-Amz-Date": amzDate, "Date": date, "X-Amz-Content-Sha256": payloadHash} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		c, err := Parse(r)
		var known *Error
		if err != nil {
			if !errors.As(err, &known) || known.Text == "" || !utf8.ValidString(known.Text) || len(known.Text) > 1000 {
				t.Fatalf("%q gives the error %q", authorization, err)
			}
			return
		}
		if c.AccessKeyID == "" || c.Region == "" || c.Service == "" || c.Time.IsZero() || !c.signs("host") {
			t.Fatalf("%q gives %+v", authorization, c)
		}
		if c.Verify(r, "a secret that is not known to who wrote this", sha256.Sum256(nil)) == nil {
			t.Fatalf("%q is proven", authorization)
		}
	})
}
