package process

import (
	"bytes"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/timestreamquery"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"
)

// config returns the SDK's settings for the server. Each call of an operation is one attempt, so that a failure is seen.
func (s *Server) config(client aws.HTTPClient) aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(s.URL), RetryMaxAttempts: 1, HTTPClient: client,
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "SECRET", ""),
	}
}

// Writer returns an SDK client with connections of its own.
func (s *Server) Writer() *timestreamwrite.Client {
	return timestreamwrite.NewFromConfig(s.config(WholeBodies()))
}

// Reader returns an SDK client with connections of its own.
func (s *Server) Reader() *timestreamquery.Client {
	return timestreamquery.NewFromConfig(s.config(WholeBodies()))
}

// WholeBodies returns an HTTP client that holds the bodies of requests in memory. The SDK closes a body as soon as the
// answer begins. If that comes before net/http has seen the body's end, which takes a server as near as this one, reading
// on gives an error and the connection is closed under the answer. A body in memory is seen whole at once.
func WholeBodies() aws.HTTPClient {
	return wholeBodies{&http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
}

type wholeBodies struct{ client *http.Client }

// Do implements the SDK's interface.
func (c wholeBodies) Do(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		return c.client.Do(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	return c.client.Do(r)
}
