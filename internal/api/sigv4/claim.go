package sigv4

import (
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Algorithm is the one that is accepted.
const Algorithm = "AWS4-HMAC-SHA256"

// Headers that signatures are about, and forms of what is in them.
const (
	dateHeader        = "X-Amz-Date"
	targetHeader      = "X-Amz-Target"
	tokenHeader       = "X-Amz-Security-Token" // #nosec G101 -- the name of a header
	payloadHashHeader = "X-Amz-Content-Sha256"

	timeForm   = "20060102T150405Z"
	dayForm    = "20060102"
	terminator = "aws4_request"
)

// signedHeadersMax bounds the list of signed headers. SDKs sign about ten.
const signedHeadersMax = 64

// Claim is what a request says about its signature. Nothing of it is proven before Verify.
type Claim struct {
	AccessKeyID string
	Token       string // the security token of temporary credentials, "" for none
	Region      string // that it was signed for
	Service     string // that it was signed for
	Time        time.Time

	day           string   // of the credential's scope
	signedHeaders []string // in lower case, in the order of the request
	signature     [32]byte
	payloadHash   string // what the request says of its body, "" for nothing
}

// Parse reads the signature of a request and checks its form: that nothing is missing, that its parts agree, and that the
// headers that change a request's meaning are signed. Errors are of type *Error.
func Parse(r *http.Request) (*Claim, error) {
	values := r.Header["Authorization"]
	if len(values) == 0 || values[0] == "" {
		return nil, &Error{Missing, missingText}
	}
	if len(values) > 1 {
		return nil, incomplete("A request must have one Authorization header.")
	}
	algorithm, rest, _ := strings.Cut(values[0], " ")
	if algorithm != Algorithm {
		return nil, incomplete("Unsupported AWS 'algorithm': '%s'.", shown(algorithm))
	}
	c := &Claim{Token: r.Header.Get(tokenHeader), payloadHash: strings.TrimSpace(r.Header.Get(payloadHashHeader))}
	if err := c.readParts(rest); err != nil {
		return nil, err
	}
	if err := c.readTime(r.Header); err != nil {
		return nil, err
	}
	return c, c.checkSigned(r.Header)
}

// readParts reads what stands after the algorithm: "Credential=..., SignedHeaders=..., Signature=...".
func (c *Claim) readParts(text string) error {
	var credential, headers, signature string
	parts := map[string]*string{"Credential": &credential, "SignedHeaders": &headers, "Signature": &signature}
	for part := range strings.SplitSeq(text, ",") {
		name, value, found := strings.Cut(strings.TrimSpace(part), "=")
		into := parts[name]
		switch {
		case !found || into == nil:
			return incomplete("'%s' not a valid key=value pair (missing equal-sign) in Authorization header, or not one that it has.", shown(part))
		case *into != "":
			return incomplete("Authorization header has the parameter '%s' twice.", name)
		}
		*into = value
	}
	var missing []string
	for _, name := range []string{"Credential", "Signature", "SignedHeaders"} {
		if *parts[name] == "" {
			missing = append(missing, "Authorization header requires '"+name+"' parameter.")
		}
	}
	if len(missing) > 0 {
		return incomplete("%s", strings.Join(missing, " "))
	}
	if n, err := hex.Decode(c.signature[:], []byte(signature[:min(len(signature), 64)])); err != nil || n != 32 || len(signature) != 64 {
		return incomplete("The parameter 'Signature' of the Authorization header is not 64 hexadecimal digits.")
	}
	if err := c.readHeaders(headers); err != nil {
		return err
	}
	return c.readCredential(credential)
}

// readHeaders reads the list of signed headers.
func (c *Claim) readHeaders(text string) error {
	c.signedHeaders = strings.SplitN(text, ";", signedHeadersMax+1)
	if len(c.signedHeaders) > signedHeadersMax {
		return incomplete("The parameter 'SignedHeaders' of the Authorization header lists more than %d headers.", signedHeadersMax)
	}
	for i, name := range c.signedHeaders {
		if name == "" || strings.ToLower(name) != name || i > 0 && name <= c.signedHeaders[i-1] {
			return incomplete("The parameter 'SignedHeaders' of the Authorization header must be names in lower case, sorted, each once; '%s' is not.", shown(name))
		}
	}
	return nil
}

// readCredential reads "KEY/20240105/us-east-1/timestream/aws4_request". A key may have slashes itself.
func (c *Claim) readCredential(text string) error {
	parts := strings.Split(text, "/")
	n := len(parts)
	if n < 5 || slices.Contains(parts, "") {
		return incomplete("Credential must have at least 5 slash-delimited elements (access key, date, region, service, terminator), got '%s'.", shown(text))
	}
	c.AccessKeyID, c.day = strings.Join(parts[:n-4], "/"), parts[n-4]
	c.Region, c.Service = parts[n-3], parts[n-2]
	if parts[n-1] != terminator {
		return invalid("Credential should be scoped with a valid terminator: '%s', not '%s'.", terminator, shown(parts[n-1]))
	}
	return nil
}

// readTime finds when the request was signed, and that the credential is for that day.
func (c *Claim) readTime(h http.Header) error {
	var err error
	text, form := h.Get(dateHeader), timeForm
	if text == "" {
		text, form = h.Get("Date"), http.TimeFormat
	}
	if text == "" {
		return incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
	}
	if c.Time, err = time.Parse(form, text); err != nil {
		if c.Time, err = time.Parse(timeForm, text); err != nil { // some signers put the ISO form into Date
			return incomplete("Date must be in ISO-8601 'basic format'. Got '%s'. See http://en.wikipedia.org/wiki/ISO_8601", shown(text))
		}
	}
	c.Time = c.Time.UTC()
	if day := c.Time.Format(dayForm); day != c.day {
		return invalid("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s', from '%s'.",
			shown(c.day), day, c.Time.Format(timeForm))
	}
	return nil
}

// checkSigned demands that the headers are signed on which it depends what the request does, and when.
func (c *Claim) checkSigned(h http.Header) error {
	if !c.signs("host") {
		return invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	when := dateHeader
	if h.Get(dateHeader) == "" {
		when = "Date"
	}
	for _, name := range []string{when, targetHeader, "Content-Type"} {
		if len(h[name]) > 0 && !c.signs(strings.ToLower(name)) {
			return invalid("'%s' must be a 'SignedHeader' in the AWS Authorization.", name)
		}
	}
	return nil
}

// signs reports whether a header is signed.
func (c *Claim) signs(name string) bool { return slices.Contains(c.signedHeaders, name) }

// CheckScope demands that the request was signed for a service.
func (c *Claim) CheckScope(service string) error {
	if c.Service != service {
		return invalid("Credential should be scoped to correct service: '%s'. ", service)
	}
	return nil
}

// CheckTime demands that the request was signed no longer than skew before now, and not longer than that after it: clocks differ.
func (c *Claim) CheckTime(now time.Time, skew time.Duration) error {
	now = now.UTC()
	if earliest := now.Add(-skew); c.Time.Before(earliest) {
		return invalid("Signature expired: %s is now earlier than %s (%s - %g min.)",
			c.Time.Format(timeForm), earliest.Format(timeForm), now.Format(timeForm), skew.Minutes())
	}
	if latest := now.Add(skew); c.Time.After(latest) {
		return invalid("Signature not yet current: %s is still later than %s (%s + %g min.)",
			c.Time.Format(timeForm), latest.Format(timeForm), now.Format(timeForm), skew.Minutes())
	}
	return nil
}

// shownMax is how much of a client's text is repeated to it.
const shownMax = 80

// shown makes a text of a client fit for a message.
func shown(text string) string {
	text = strings.ToValidUTF8(text, "?")
	if runes := []rune(text); len(runes) > shownMax {
		return string(runes[:shownMax]) + "..."
	}
	return text
}
