package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/timestreamquery"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/spf13/cobra"

	"github.com/tidemarkdb/tidemark/internal/cli/loader"
)

// connection says which server a command talks to.
type connection struct {
	endpoint string // "" for what the environment says
	region   string // "" for what the configuration says
}

// hostAndPort is an endpoint without a scheme: a word with a port.
var hostAndPort = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}$`)

const (
	// localRegion is used with an endpoint of one's own when none is configured; such a server does not care.
	localRegion = "us-east-1"
	// credentialsWait bounds the search for credentials with an endpoint of one's own: away from EC2 the last place the
	// SDK looks at takes seconds to turn out empty.
	credentialsWait = 2 * time.Second
	// askAttempts is how often a request that a person waits for is sent at most, when it is throttled, meets a server
	// error or no server: a second passes at most until the error shows.
	askAttempts = 4
)

// addFlags adds the flags that choose the server.
func (c *connection) addFlags(cmd *cobra.Command) {
	flags := cmd.PersistentFlags()
	flags.StringVar(&c.endpoint, "endpoint", "", "server, for example http://localhost:8086 (default AWS_ENDPOINT_URL, then the real service)")
	flags.StringVar(&c.region, "region", "", "AWS region (default from the AWS configuration)")
}

// address returns the endpoint of a service, "WRITE" or "QUERY", or "" for the real one (or one that a profile names).
// The order is the SDK's own, with the command line before it.
func (c *connection) address(env Env, service string) (string, error) {
	address := c.endpoint
	if address == "" && !strings.EqualFold(env.Getenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), "true") {
		if address = env.Getenv("AWS_ENDPOINT_URL_TIMESTREAM_" + service); address == "" {
			address = env.Getenv("AWS_ENDPOINT_URL")
		}
	}
	if address == "" {
		return "", nil
	}
	if withScheme, ok := asEndpoint(address); ok {
		address = withScheme
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", fmt.Errorf("%q is not an endpoint: write for example http://localhost:8086", address)
	}
	return address, nil
}

// load returns the AWS configuration for an address. With an address of one's own, region and credentials need not be
// configured.
func (c *connection) load(ctx context.Context, address string, connections int) (aws.Config, error) {
	options := []func(*config.LoadOptions) error{
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConnsPerHost = max(t.MaxIdleConnsPerHost, connections)
		})),
	}
	if c.region != "" {
		options = append(options, config.WithRegion(c.region))
	}
	if isLoopback(address) {
		options = append(options, config.WithEC2IMDSClientEnableState(imds.ClientDisabled))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return cfg, fmt.Errorf("read the AWS configuration: %w", err)
	}
	cfg.HTTPClient = wholeBodies{cfg.HTTPClient}
	if address == "" {
		if cfg.Region == "" {
			return cfg, errors.New("no AWS region is configured: set AWS_REGION or --region, " +
				"or name a server of your own, for example http://localhost:8086")
		}
		return cfg, nil
	}
	if cfg.Region == "" {
		cfg.Region = localRegion
	}
	search, cancel := context.WithTimeout(ctx, credentialsWait)
	defer cancel()
	if _, err := cfg.Credentials.Retrieve(search); err != nil {
		cfg.Credentials = credentials.NewStaticCredentialsProvider("tidemark", "tidemark", "")
	}
	return cfg, nil
}

// queryClient returns a client of the query service.
func (c *connection) queryClient(ctx context.Context, env Env) (*timestreamquery.Client, string, error) {
	address, err := c.address(env, "QUERY")
	if err != nil {
		return nil, "", err
	}
	cfg, err := c.load(ctx, address, 1)
	if err != nil {
		return nil, "", err
	}
	return timestreamquery.NewFromConfig(cfg, func(o *timestreamquery.Options) {
		o.Retryer = loader.NewRetryer(loader.RetryPolicy{Attempts: askAttempts})
		if address != "" {
			o.BaseEndpoint = &address
			o.EndpointDiscovery.EnableEndpointDiscovery = aws.EndpointDiscoveryDisabled
		}
	}), address, nil
}

// writeClient returns a client of the write service.
func (c *connection) writeClient(ctx context.Context, env Env, connections int, policy loader.RetryPolicy) (*timestreamwrite.Client, string, error) {
	address, err := c.address(env, "WRITE")
	if err != nil {
		return nil, "", err
	}
	cfg, err := c.load(ctx, address, connections)
	if err != nil {
		return nil, "", err
	}
	return timestreamwrite.NewFromConfig(cfg, func(o *timestreamwrite.Options) {
		o.Retryer = loader.NewRetryer(policy)
		if address != "" {
			o.BaseEndpoint = &address
			o.EndpointDiscovery.EnableEndpointDiscovery = aws.EndpointDiscoveryDisabled
		}
	}), address, nil
}

// isLoopback reports whether an address is on this machine.
func isLoopback(address string) bool {
	u, err := url.Parse(address)
	if err != nil || address == "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// explain returns the text for the user of what went wrong with a call: the service's own words, with the name of the
// error unless it is one about the statement; or that the server cannot be reached.
func explain(err error, address string) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		switch code := api.ErrorCode(); {
		case api.ErrorMessage() == "" || api.ErrorMessage() == "UnknownError": // the SDK's word for no words
			return code
		case code == "ValidationException" || code == "QueryExecutionException":
			return api.ErrorMessage()
		default:
			return code + ": " + api.ErrorMessage()
		}
	}
	if address == "" {
		address = "the service"
	}
	var network *net.OpError
	var unanswered *smithyhttp.RequestSendError
	switch {
	case errors.As(err, &network):
		return fmt.Sprintf("cannot reach %s: %v", address, network.Err)
	case errors.As(err, &unanswered):
		return fmt.Sprintf("no answer from %s: %s", address, rootCause(err))
	}
	return rootCause(err)
}

// rootCause returns the words of the innermost error: those of the SDK's wrappers are about its own parts.
func rootCause(err error) string {
	var operation *smithy.OperationError
	if !errors.As(err, &operation) {
		return err.Error()
	}
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	return err.Error()
}
