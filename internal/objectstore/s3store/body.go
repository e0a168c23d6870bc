package s3store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/objectstore"
)

// Get implements objectstore.Store. The content is that of one object from the first to the last byte: when the connection
// breaks it goes on where it was, and fails with Conflict if the object was replaced meanwhile.
func (s *Store) Get(ctx context.Context, bucket, key string, offset int64) (io.ReadCloser, objectstore.Object, error) {
	if err := checkNames(bucket, key); err != nil {
		return nil, objectstore.Object{}, err
	}
	b := &body{ctx: ctx, store: s, bucket: bucket, at: max(offset, 0), object: objectstore.Object{Key: key, Size: -1}}
	if err := b.open(); err != nil {
		return nil, objectstore.Object{}, err
	}
	return b, b.object, nil
}

// body is an object that is being read.
type body struct {
	ctx    context.Context // of Get, which bounds the reading
	store  *Store
	bucket string
	object objectstore.Object // its Size is -1 before the first answer

	at       int64 // next byte to give
	answer   io.ReadCloser
	failures int // since bytes came last
}

// open asks for the content from at on.
func (b *body) open() error {
	in := &s3.GetObjectInput{Bucket: &b.bucket, Key: &b.object.Key}
	if b.at > 0 {
		in.Range = aws.String(fmt.Sprintf("bytes=%d-", b.at))
	}
	again := b.object.Size >= 0
	if again && b.object.ETag != "" {
		in.IfMatch = &b.object.ETag
	}
	out, err := b.store.client.GetObject(b.ctx, in)
	switch {
	case status(err) == 416 && !again: // the offset is at the end or beyond it
		return b.describe()
	case again && (status(err) == 412 || status(err) == 416 || status(err) == 404):
		return b.replaced(err)
	case err != nil:
		return translate(b.ctx, err, b.bucket)
	}
	from, size, ok := extent(out)
	if !ok || from > b.at {
		return dberr.Wrap(dberr.Unavailable, out.Body.Close(), "The object storage gives other bytes than it was asked for")
	}
	found := objectstore.Object{Key: b.object.Key, Size: size, ETag: aws.ToString(out.ETag), Modified: aws.ToTime(out.LastModified).UTC()}
	if again && (found.ETag != b.object.ETag || found.Size != b.object.Size) { // the server does not know If-Match
		return b.replaced(out.Body.Close())
	}
	b.object, b.answer = found, out.Body
	if from < b.at { // the server does not know ranges
		if _, err := io.CopyN(io.Discard, out.Body, b.at-from); err != nil && !errors.Is(err, io.EOF) {
			return translate(b.ctx, errors.Join(err, out.Body.Close()), b.bucket)
		}
	}
	return nil
}

// extent returns where the bytes of an answer begin and how many the object has.
func extent(out *s3.GetObjectOutput) (from, size int64, ok bool) {
	if out.ContentRange == nil {
		return 0, aws.ToInt64(out.ContentLength), out.ContentLength != nil
	}
	span, total, _ := strings.Cut(strings.TrimPrefix(*out.ContentRange, "bytes "), "/")
	begin, _, _ := strings.Cut(span, "-")
	from, ferr := strconv.ParseInt(begin, 10, 64)
	size, serr := strconv.ParseInt(total, 10, 64)
	return from, size, ferr == nil && serr == nil
}

// describe asks what the object is, for an offset that has no bytes.
func (b *body) describe() error {
	out, err := b.store.client.HeadObject(b.ctx, &s3.HeadObjectInput{Bucket: &b.bucket, Key: &b.object.Key})
	if err != nil {
		return translate(b.ctx, err, b.bucket)
	}
	b.object.Size, b.object.ETag, b.object.Modified = aws.ToInt64(out.ContentLength), aws.ToString(out.ETag), aws.ToTime(out.LastModified).UTC()
	return nil
}

func (b *body) replaced(cause error) error {
	return dberr.Wrap(dberr.Conflict, cause, "The object was replaced while it was read.")
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	for {
		if b.at >= b.object.Size {
			return 0, io.EOF
		}
		if err := b.ctx.Err(); err != nil {
			return 0, err
		}
		if b.answer == nil {
			if err := b.open(); err != nil {
				return 0, err
			}
		}
		n, err := b.answer.Read(p[:min(int64(len(p)), b.object.Size-b.at)])
		b.at += int64(n)
		if n > 0 {
			b.failures = 0
		}
		if err != nil && b.at < b.object.Size { // also io.EOF, which comes too early
			if err = b.breakOff(err); err != nil {
				return n, err
			}
		}
		if n > 0 || len(p) == 0 {
			return n, nil
		}
	}
}

// breakOff gives up an answer that broke, and waits before the next. It returns an error when that happened too often.
func (b *body) breakOff(err error) error {
	err = errors.Join(err, b.answer.Close())
	b.answer = nil
	if b.failures++; b.failures >= b.store.attempts {
		return translate(b.ctx, err, b.bucket)
	}
	pause := time.NewTimer(min(50*time.Millisecond<<b.failures, b.store.pauseMax))
	defer pause.Stop()
	select {
	case <-pause.C:
		return nil
	case <-b.ctx.Done():
		return b.ctx.Err()
	}
}

// Close gives the connection back.
func (b *body) Close() error {
	if b.answer == nil {
		return nil
	}
	err := b.answer.Close()
	b.answer, b.object.Size = nil, 0
	return err
}
