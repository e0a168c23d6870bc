package api

import (
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/access"
)

// A server that asks nobody who he is listens on loopback addresses, so that only this machine's programs reach it. One of them is the
// browser, which runs programs of strangers. It keeps them from sending the API's headers to other hosts, but not to their own, and whose
// name stands for 127.0.0.1 is up to them ("DNS rebinding"). What a browser cannot be made to hide is where a page comes from.

// checkOrigin refuses requests of web pages that do not come from this machine, if only programs of this machine are to be served.
func (h *handler) checkOrigin(r *http.Request) error {
	if !h.opts.LocalOrigins {
		return nil
	}
	for _, origin := range r.Header["Origin"] {
		if !isLocalOrigin(origin) {
			return &access.Error{Reason: access.Forbidden, Text: "Requests of web pages from other hosts are refused while authentication is off."}
		}
	}
	return nil
}

// isLocalOrigin reports whether a page comes from this machine, by the value of the header Origin.
func isLocalOrigin(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return false // "null" is a page that hides where it comes from
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}
