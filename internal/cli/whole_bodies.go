package cli

import (
	"bytes"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// wholeBodies is an HTTP client that sends bodies which are whole in memory.
//
// The SDK closes a request's body as soon as the answer begins. If a server is so near that this comes before net/http has
// seen the body's end, reading on gives an error, and net/http closes the connection under the answer: the request is sent
// again, or a new connection is dialled for the next one. (Seen with smithy-go 1.28 against a server on the same machine.)
type wholeBodies struct{ client aws.HTTPClient }

// Do sends a request.
func (c wholeBodies) Do(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		return c.client.Do(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	whole := r.Clone(r.Context())
	whole.Body = io.NopCloser(bytes.NewReader(body))
	return c.client.Do(whole)
}
