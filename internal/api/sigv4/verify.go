package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Verify demands that the request was signed as it is, with a secret. bodyHash is the hash of the body that was read. The
// comparison takes as long for a signature that is nearly right as for any other.
func (c *Claim) Verify(r *http.Request, secret string, bodyHash [32]byte) error {
	hash := hex.EncodeToString(bodyHash[:])
	if c.payloadHash != "" && subtle.ConstantTimeCompare([]byte(c.payloadHash), []byte(hash)) != 1 {
		return invalid("The provided 'x-amz-content-sha256' header does not match what was computed.")
	}
	return c.verify(r, secret, hash)
}

// VerifyAhead is Verify for what can be known before the body is read: if the request tells the hash of its body, whether it is
// signed with that, and so by somebody who has the secret. A request that does not tell is not verified and passes. Verify is still to be
// called with the hash of the body.
func (c *Claim) VerifyAhead(r *http.Request, secret string) (verified bool, err error) {
	if c.payloadHash == "" {
		return false, nil
	}
	err = c.verify(r, secret, c.payloadHash)
	return err == nil, err
}

// verify compares the signature with that of the request with a body of some hash.
func (c *Claim) verify(r *http.Request, secret, bodyHash string) error {
	canonical, err := c.canonicalRequest(r, bodyHash)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(canonical)
	scope := c.day + "/" + c.Region + "/" + c.Service + "/" + terminator
	toSign := Algorithm + "\n" + c.Time.Format(timeForm) + "\n" + scope + "\n" + hex.EncodeToString(sum[:])
	key := []byte("AWS4" + secret)
	for _, part := range []string{c.day, c.Region, c.Service, terminator, toSign} {
		key = mac(key, part)
	}
	if !hmac.Equal(key, c.signature[:]) {
		return invalid(mismatchText)
	}
	return nil
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// canonicalRequest writes a request in the form that is signed: method, path, query, signed headers, their names, hash of the
// body, each on a line.
func (c *Claim) canonicalRequest(r *http.Request, bodyHash string) ([]byte, error) {
	query, err := canonicalQuery(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	b := make([]byte, 0, 1024)
	b = append(append(b, r.Method...), '\n')
	b = append(append(b, canonicalPath(r.URL)...), '\n')
	b = append(append(b, query...), '\n')
	for _, name := range c.signedHeaders {
		b = append(append(b, name...), ':')
		for i, value := range headerValues(r, name) {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendCollapsed(b, value)
		}
		b = append(b, '\n')
	}
	b = append(b, '\n')
	b = append(append(b, strings.Join(c.signedHeaders, ";")...), '\n')
	return append(b, bodyHash...), nil
}

// headerValues returns the values of a header in lower case. net/http keeps two of them elsewhere.
func headerValues(r *http.Request, name string) []string {
	if name == "host" {
		return []string{r.Host}
	}
	values := r.Header[http.CanonicalHeaderKey(name)]
	if len(values) == 0 && name == "content-length" && r.ContentLength >= 0 {
		return []string{strconv.FormatInt(r.ContentLength, 10)}
	}
	return values
}

// appendCollapsed appends a header's value without spaces around it, and with one where several follow each other.
func appendCollapsed(b []byte, value string) []byte {
	value = strings.Trim(value, " \t")
	for i := range len(value) {
		if value[i] == ' ' && value[i-1] == ' ' { // never the first, which is no space
			continue
		}
		b = append(b, value[i])
	}
	return b
}

// canonicalPath returns the path as it was sent, encoded once more. Services other than S3 sign it so.
func canonicalPath(u *url.URL) string {
	path := u.EscapedPath()
	if path == "" {
		return "/"
	}
	return string(appendEncoded(nil, path, true))
}

// canonicalQuery returns the parameters sorted, each name and value encoded in the one way.
func canonicalQuery(raw string) (string, error) {
	if raw == "" {
		return "", nil
	}
	type pair struct{ name, value string }
	var pairs []pair
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		var texts [2]string
		for i, text := range []string{name, value} {
			plain, err := url.PathUnescape(text)
			if err != nil {
				return "", incomplete("The query string has a part that is not URL-encoded.")
			}
			texts[i] = string(appendEncoded(nil, plain, false))
		}
		pairs = append(pairs, pair{texts[0], texts[1]})
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		if n := strings.Compare(a.name, b.name); n != 0 {
			return n
		}
		return strings.Compare(a.value, b.value)
	})
	var b strings.Builder
	for i, p := range pairs {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(p.name + "=" + p.value)
	}
	return b.String(), nil
}

// appendEncoded appends a text with all but unreserved characters as %XX.
func appendEncoded(b []byte, text string, keepSlash bool) []byte {
	const digits = "0123456789ABCDEF"
	for i := range len(text) {
		c := text[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.', c == '~', c == '/' && keepSlash:
			b = append(b, c)
		default:
			b = append(b, '%', digits[c>>4], digits[c&15])
		}
	}
	return b
}
