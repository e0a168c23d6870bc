package s3store

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/objectstore"
)

// Options says where the service is and who asks. The zero value is Amazon S3 in us-east-1 with the SDK's chain of
// credentials: AWS_ACCESS_KEY_ID and its fellows, the shared files, the role of the container or machine.
type Options struct {
	// Endpoint is the URL of the service, without bucket. Default: Amazon S3's of the region.
	Endpoint string
	// Region is signed. Default us-east-1.
	Region string
	// PathStyle puts the bucket into the path and not before the host's name.
	PathStyle bool
	// AccessKey and SecretKey come together, or both from the SDK's chain.
	AccessKey, SecretKey string
	// PlainSSES3 stores objects for which SSE_S3 is asked as they are: for services that know no encryption, or encrypt all.
	PlainSSES3 bool
	// CA is certificates in PEM that are trusted besides the system's.
	CA []byte
	// Timeout is how long the service may be silent before a request is given up and tried again. Default 30 s.
	Timeout time.Duration
	// Attempts is how often a request is made before its error counts. Default 5.
	Attempts int
	// PauseMax is the longest pause between attempts. Default 5 s.
	PauseMax time.Duration
}

// sendingMax is how many parts all Puts together send at once: with those that are being filled, one a Put, they are the
// memory of uploads.
const sendingMax = 8

// Store is a client of the service. Its methods are safe for concurrent use.
type Store struct {
	client   *s3.Client
	plain    bool // PlainSSES3
	attempts int
	pauseMax time.Duration
	sending  chan struct{} // a place for each part that is being sent
	free     chan []byte   // memory of parts that were sent, for all Puts
	uploads  atomic.Int64  // under way; when the last one ends the memory is let go
}

var _ objectstore.Store = (*Store)(nil)

// Open makes a client. It does not reach for the service, which need not be up.
func Open(ctx context.Context, o Options) (*Store, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	roots, err := o.roots()
	if err != nil {
		return nil, err
	}
	load := []func(*awsconfig.LoadOptions) error{awsconfig.WithRegion(o.Region), awsconfig.WithHTTPClient(newClient(o.Timeout, roots))}
	if o.AccessKey != "" {
		load = append(load, awsconfig.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(o.AccessKey, o.SecretKey, "")))
	}
	cfg, err := awsconfig.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return nil, fmt.Errorf("load settings of the AWS SDK: %w", err)
	}
	client := s3.NewFromConfig(cfg, func(so *s3.Options) {
		if o.Endpoint != "" {
			so.BaseEndpoint = &o.Endpoint
		}
		so.UsePathStyle = o.PathStyle
		// Older servers do not know the newer checksums; the signature covers the content anyway.
		so.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		so.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		so.ContinueHeaderThresholdBytes = -1 // some proxies never say "100 Continue"
		// Without a quota for repetitions: it would be used up by the outage of a service and missing afterwards.
		so.Retryer = retry.NewStandard(func(ro *retry.StandardOptions) {
			ro.MaxAttempts, ro.MaxBackoff, ro.RateLimiter = o.Attempts, o.PauseMax, ratelimit.None
		})
	})
	return &Store{client: client, plain: o.PlainSSES3, attempts: o.Attempts, pauseMax: o.PauseMax, sending: make(chan struct{}, sendingMax), free: make(chan []byte, sendingMax)}, nil
}

// complete fills in defaults and refuses what cannot be.
func (o *Options) complete() error {
	if o.Endpoint != "" {
		u, err := url.Parse(o.Endpoint)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			return errors.New("the endpoint of the S3 service must be a URL with scheme and host, such as https://s3.example.com, and without keys")
		}
	}
	if (o.AccessKey == "") != (o.SecretKey == "") {
		return errors.New("an access key and its secret are needed together")
	}
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	if o.Timeout <= 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Attempts <= 0 {
		o.Attempts = 5
	}
	if o.PauseMax <= 0 {
		o.PauseMax = 5 * time.Second
	}
	return nil
}

// roots returns the certificates to trust, nil for the system's.
func (o *Options) roots() (*x509.CertPool, error) {
	if len(o.CA) == 0 {
		return nil, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // a machine without certificates of its own
	}
	if !pool.AppendCertsFromPEM(o.CA) {
		return nil, errors.New("the file of certificates has no certificate in PEM")
	}
	return pool, nil
}

// checkNames refuses names before the service is asked. Keys with the parts . and .. are names like others to S3 itself, mostly; but the
// key is the path of a URL, and a proxy or a service that tidies paths up would take another object, or another bucket.
func checkNames(bucket, key string) error {
	if err := objectstore.CheckBucketName(bucket); err != nil {
		return err
	}
	for part := range strings.SplitSeq(key, "/") {
		if part == "." || part == ".." {
			return dberr.New(dberr.Invalid, "The object key '%s' has a part that is . or .., which not all services keep as it is.", key)
		}
	}
	return objectstore.CheckKey(key)
}

// List implements objectstore.Store. Services may give short pages, so it asks until the page is full.
func (s *Store) List(ctx context.Context, bucket string, req objectstore.ListRequest) (objectstore.ListPage, error) {
	if err := objectstore.CheckBucketName(bucket); err != nil {
		return objectstore.ListPage{}, err
	}
	var page objectstore.ListPage
	in := &s3.ListObjectsV2Input{Bucket: &bucket, EncodingType: types.EncodingTypeUrl} // XML cannot hold every key
	if req.Prefix != "" {
		in.Prefix = &req.Prefix
	}
	if req.After != "" {
		in.StartAfter = &req.After
	}
	for {
		in.MaxKeys = aws.Int32(int32(req.PageSize() - len(page.Objects)))
		out, err := s.client.ListObjectsV2(ctx, in)
		if err != nil {
			return objectstore.ListPage{}, translate(ctx, err, bucket)
		}
		for i := range out.Contents {
			o, err := listed(&out.Contents[i], out.EncodingType)
			if err != nil {
				return objectstore.ListPage{}, err
			}
			page.Objects = append(page.Objects, o)
		}
		page.More = aws.ToBool(out.IsTruncated)
		if !page.More || len(page.Objects) >= req.PageSize() {
			return page, nil
		}
		if aws.ToString(out.NextContinuationToken) == "" {
			return objectstore.ListPage{}, dberr.New(dberr.Unavailable, "The object storage broke off a listing")
		}
		in.ContinuationToken = out.NextContinuationToken
	}
}

// listed returns an entry of a listing.
func listed(o *types.Object, encoding types.EncodingType) (objectstore.Object, error) {
	key := aws.ToString(o.Key)
	if encoding == types.EncodingTypeUrl {
		plain, err := url.QueryUnescape(key)
		if err != nil {
			return objectstore.Object{}, dberr.Wrap(dberr.Unavailable, err, "The object storage lists a key that cannot be read")
		}
		key = plain
	}
	return objectstore.Object{Key: key, Size: aws.ToInt64(o.Size), ETag: aws.ToString(o.ETag), Modified: aws.ToTime(o.LastModified).UTC()}, nil
}

// Delete implements objectstore.Store.
func (s *Store) Delete(ctx context.Context, bucket, key string) error {
	if err := checkNames(bucket, key); err != nil {
		return err
	}
	_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: &key})
	if err != nil && code(err) != "NoSuchKey" { // which some servers say
		return translate(ctx, err, bucket)
	}
	return nil
}

// CheckBucket implements objectstore.Store.
func (s *Store) CheckBucket(ctx context.Context, bucket string) error {
	if err := objectstore.CheckBucketName(bucket); err != nil {
		return err
	}
	_, err := s.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &bucket})
	if err != nil && status(err) == 404 { // an answer to HEAD has no text
		return noBucket(err, bucket)
	}
	return translate(ctx, err, bucket)
}
