package s3store

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/objectstore"
)

// Parts of large objects. S3 takes 10,000, of 5 MiB or more each but for the last. How long a body is shows at its end, so
// parts become twice as large now and then: small ones at first, as a Put holds up to three of them, and 183 GiB in all.
const (
	partBytesMin  = 5 << 20
	partsMax      = 10_000
	partsSameSize = 2_500
	fillBytesMin  = 64 << 10 // the first buffer of a body
)

// partBytes returns the size of a part; the first has number 1.
func partBytes(number int) int { return partBytesMin << ((number - 1) / partsSameSize) }

// target is what a Put makes. Its token is stored with the object, so that a Put that got no answer can find out what
// became of it: see settle.
type target struct {
	bucket, key string
	opts        objectstore.PutOptions
	token       string
}

// Put implements objectstore.Store. A body of less than a part goes in one request, a longer one in parts. When the service
// could not be reached to the end, an object may show up after an error of kind Unavailable; no part of one does.
func (s *Store) Put(ctx context.Context, bucket, key string, body io.Reader, opts objectstore.PutOptions) error {
	if err := checkNames(bucket, key); err != nil {
		return err
	}
	if s.plain && opts.Encryption == "SSE_S3" {
		opts.Encryption = ""
	}
	t := &target{bucket, key, opts, newToken()}
	if _, err := t.encryption(); err != nil {
		return err
	}
	if opts.IfAbsent {
		if err := s.checkAbsent(ctx, t); err != nil {
			return err
		}
	}
	first, last, err := fill(ctx, body, nil, partBytes(1))
	switch {
	case err != nil:
		return err
	case last:
		return s.putWhole(ctx, t, first)
	}
	return s.putParts(ctx, t, first, body)
}

// fill reads a body until buf has size bytes or the body ends. Who calls it again gets no bytes if it ended just there. The
// errors of the body and of the context are returned as they are.
func fill(ctx context.Context, body io.Reader, buf []byte, size int) (filled []byte, last bool, err error) {
	buf = buf[:0]
	for len(buf) < size {
		if len(buf) == cap(buf) {
			grown := make([]byte, len(buf), min(max(2*cap(buf), fillBytesMin), size))
			copy(grown, buf)
			buf = grown
		}
		if err := ctx.Err(); err != nil {
			return nil, false, err
		}
		n, err := body.Read(buf[len(buf):min(cap(buf), size)])
		buf = buf[:len(buf)+n]
		if errors.Is(err, io.EOF) {
			return buf, true, nil
		}
		if err != nil {
			return nil, false, err
		}
	}
	return buf, false, nil
}

// encryption returns S3's name of the encryption that is asked for.
func (t *target) encryption() (types.ServerSideEncryption, error) {
	switch t.opts.Encryption {
	case "":
		return "", nil
	case "SSE_S3":
		return types.ServerSideEncryptionAes256, nil
	case "SSE_KMS":
		return types.ServerSideEncryptionAwsKms, nil
	}
	return "", dberr.New(dberr.Invalid, "The encryption '%s' is not known: it must be SSE_S3 or SSE_KMS.", t.opts.Encryption)
}

// unlessEmpty returns nil for "", which the SDK takes for not given.
func unlessEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// kmsKey returns the key for SSE_KMS; without one the service takes its own.
func (t *target) kmsKey() *string {
	if t.opts.Encryption != "SSE_KMS" {
		return nil
	}
	return unlessEmpty(t.opts.KMSKeyID)
}

// translate is translate for requests that say how the object is stored.
func (t *target) translate(ctx context.Context, err error) error {
	if status(err) == 501 && t.opts.Encryption != "" { // MinIO without keys, for one
		return dberr.Wrap(dberr.Invalid, err, "The object storage cannot encrypt objects as %s.", t.opts.Encryption)
	}
	return translate(ctx, err, t.bucket)
}

// ifNoneMatch returns the condition of the request that makes the object.
func (t *target) ifNoneMatch() *string {
	if !t.opts.IfAbsent {
		return nil
	}
	return aws.String("*")
}

// checkAbsent refuses to replace an object. It saves sending the body, and it is all there is at servers that do not know
// If-None-Match: with them of two Puts at the same time both may succeed.
func (s *Store) checkAbsent(ctx context.Context, t *target) error {
	_, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &t.bucket, Key: &t.key})
	switch {
	case err == nil:
		return present(nil)
	case status(err) == 404 || status(err) == 403: // also without a bucket, or the right to know; the Put will say so
		return nil
	}
	return translate(ctx, err, t.bucket)
}

func present(cause error) error {
	return dberr.Wrap(dberr.Conflict, cause, "There is an object of that key already.")
}

// putWhole makes an object by one request.
func (s *Store) putWhole(ctx context.Context, t *target, content []byte) error {
	encryption, err := t.encryption()
	if err != nil {
		return err
	}
	in := &s3.PutObjectInput{
		Bucket: &t.bucket, Key: &t.key, Body: bytes.NewReader(content), ContentLength: aws.Int64(int64(len(content))),
		ContentType: unlessEmpty(t.opts.ContentType), ServerSideEncryption: encryption, SSEKMSKeyId: t.kmsKey(),
		IfNoneMatch: t.ifNoneMatch(), Metadata: t.metadata(),
	}
	_, err = s.client.PutObject(ctx, in)
	if in.IfNoneMatch != nil && status(err) == 501 { // checkAbsent has to do
		in.IfNoneMatch, in.Body = nil, bytes.NewReader(content)
		_, err = s.client.PutObject(ctx, in)
	}
	return s.settle(ctx, t, err)
}
