package api

import (
	"net/http"
	"strconv"
)

// startPage is for people who open the address in a browser.
const startPage = `Tidemark, a time-series database with the API of Amazon Timestream for LiveAnalytics.

This address is for AWS SDKs, the AWS CLI and tools built on them. Point them here, for example:

    export AWS_ENDPOINT_URL_TIMESTREAM_WRITE=http://HOST:PORT
    export AWS_ENDPOINT_URL_TIMESTREAM_QUERY=http://HOST:PORT

    aws timestream-write list-databases --endpoint-url http://HOST:PORT

/healthz  the process is alive
/readyz   requests can be served
`

// servePage answers requests that are not for the API. It reports whether this was one.
func (h *handler) servePage(w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	status, text := http.StatusOK, "ok\n"
	switch r.URL.Path {
	case "/":
		text = startPage
	case "/healthz":
	case "/readyz":
		if err := h.engine.Ready(); err != nil {
			status, text = http.StatusServiceUnavailable, "not ready\n"
		}
	default:
		status, text = http.StatusNotFound, "There is nothing here. See /.\n"
	}
	header := w.Header()
	header["Content-Type"] = []string{"text/plain; charset=utf-8"}
	header["Content-Length"] = []string{strconv.Itoa(len(text))}
	header["Date"] = []string{h.date.at(h.opts.Clock.Now())}
	header["Cache-Control"] = []string{"no-store"}
	h.limitAnswerTime(w)
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write([]byte(text)) // the client is gone if this fails
	}
	return true
}
