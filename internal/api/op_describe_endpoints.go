package api

import (
	"net"
	"net/http"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/dberr"
)

// cachePeriodMinutes is for how long clients keep the address. Source: recorded answers.
const cachePeriodMinutes = 1440

// describeEndpoints tells a client where to send everything else: to where it sent this.
func (h *handler) describeEndpoints(c *call) error {
	address := h.opts.EndpointAddress
	switch {
	case address != "":
	case c.r.Host == "": // HTTP/1.0
		return dberr.New(dberr.Invalid, "The request has no Host header, so that the server does not know by which address it was reached.")
	default:
		address = endpointAddress(c.r, h.opts.TrustForwardedProto)
	}
	w := &c.out
	w.Open('{')
	w.Key("Endpoints")
	w.Open('[')
	w.Open('{')
	w.Key("Address")
	w.Text(address)
	w.Key("CachePeriodInMinutes")
	w.Int(cachePeriodMinutes)
	w.Close('{')
	w.Close('[')
	w.Close('{')
	return nil
}

// addressForm is what an SDK does with the address, and so what it must look like on plain HTTP.
type addressForm uint8

// The forms of an address.
const (
	hostAndPort addressForm = iota
	bareHost                // put into the place of the host; the configured scheme and port stay
	withScheme              // used as a URL, with https:// in front if it has no scheme
)

// addressForms has the SDKs that want something else than host and port, by a part of their user agent in lower case.
var addressForms = []struct {
	token string
	form  addressForm
}{
	{"botocore", withScheme},
	{"aws-cli/", withScheme},
	{"aws-sdk-go/1", withScheme},
	{"aws-sdk-dotnet", withScheme},
	{"aws-sdk-js/", bareHost},
	{"aws-sdk-php/", bareHost},
	{"aws-sdk-java/2", bareHost},
}

// endpointAddress returns the address by which a client reached us in the form that its SDK understands.
func endpointAddress(r *http.Request, trustProto bool) string {
	https := r.TLS != nil
	if proto := r.Header.Get("X-Forwarded-Proto"); trustProto && proto != "" {
		first, _, _ := strings.Cut(proto, ",")
		https = strings.EqualFold(strings.TrimSpace(first), "https")
	}
	host, port, err := net.SplitHostPort(r.Host)
	if err != nil {
		host, port = strings.Trim(r.Host, "[]"), ""
	}
	if https && port == "443" || !https && port == "80" {
		port = ""
	}
	full := host
	switch {
	case port != "":
		full = net.JoinHostPort(host, port)
	case strings.Contains(host, ":"): // an IPv6 address
		full = "[" + host + "]"
	}
	switch form := formFor(r); {
	case form == bareHost && strings.Contains(host, ":"):
		return "[" + host + "]"
	case form == bareHost:
		return host
	case form == withScheme && !https:
		return "http://" + full
	}
	return full
}

// formFor returns the form for the SDK that made a request.
func formFor(r *http.Request) addressForm {
	agents := strings.ToLower(r.UserAgent() + " " + r.Header.Get("X-Amz-User-Agent"))
	for _, f := range addressForms {
		if strings.Contains(agents, f.token) {
			return f.form
		}
	}
	return hostAndPort
}
