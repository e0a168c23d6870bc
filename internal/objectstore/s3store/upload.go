package s3store

import (
	"bytes"
	"context"
	"io"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/tidemarkdb/tidemark/internal/dberr"
)

// uploadSendingMax is how many parts of one upload are sent while the next is filled.
const uploadSendingMax = 2

// upload is an object that is sent in parts. Nobody sees it before it is completed.
type upload struct {
	store *Store
	*target
	id   string
	own  chan struct{} // a place for each of its parts that are being sent
	wait sync.WaitGroup
	fail context.CancelCauseFunc // ends what is under way when a part could not be sent

	mu    sync.Mutex
	parts []types.CompletedPart
}

// putParts makes an object by an upload: 1. begin it; 2. send parts, some at a time, until the body ends; 3. when all have
// arrived, complete it, which makes the object. An upload that fails is aborted, so that the service forgets its parts; a
// crash leaves them until a rule of the bucket removes them.
func (s *Store) putParts(ctx context.Context, t *target, first []byte, body io.Reader) error {
	s.uploads.Add(1)
	defer s.letGo()
	id, err := s.beginUpload(ctx, t)
	if err != nil {
		return err
	}
	sending, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	u := &upload{store: s, target: t, id: id, own: make(chan struct{}, uploadSendingMax), fail: fail}
	if err = u.sendAll(sending, first, body); err != nil {
		fail(err) // which does nothing if a part has failed already
	}
	u.wait.Wait()
	err = context.Cause(sending)
	if err == nil && t.opts.IfAbsent {
		err = s.checkAbsent(ctx, t) // the upload may have taken hours
	}
	if err != nil {
		u.abort(ctx)
		return err
	}
	if err = u.finish(ctx); err != nil {
		u.abort(ctx)
		return s.settle(ctx, t, err)
	}
	return nil
}

// beginUpload returns the service's name for a new upload.
func (s *Store) beginUpload(ctx context.Context, t *target) (string, error) {
	encryption, err := t.encryption()
	if err != nil {
		return "", err
	}
	out, err := s.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: &t.bucket, Key: &t.key, ContentType: unlessEmpty(t.opts.ContentType),
		ServerSideEncryption: encryption, SSEKMSKeyId: t.kmsKey(), Metadata: t.metadata(),
	})
	if err != nil {
		return "", t.translate(ctx, err)
	}
	return aws.ToString(out.UploadId), nil
}

// sendAll sends the body in parts, of which the first was read. It may return before the last ones have arrived.
func (u *upload) sendAll(ctx context.Context, part []byte, body io.Reader) error {
	last := false
	for number := 1; ; number++ {
		if number > partsMax {
			return dberr.New(dberr.Limit, "The object is larger than %d parts can be.", partsMax)
		}
		if err := u.send(ctx, int32(number), part); err != nil || last {
			return err
		}
		var err error
		if part, last, err = fill(ctx, body, u.store.buffer(), partBytes(number+1)); err != nil {
			return err
		}
		if last && len(part) == 0 {
			return nil
		}
	}
}

// buffer returns memory for a part, that of a part which was sent if there is some.
func (s *Store) buffer() []byte {
	select {
	case b := <-s.free:
		return b
	default:
		return nil // fill makes it
	}
}

// giveBack takes the memory of a part that was sent.
func (s *Store) giveBack(part []byte) {
	select {
	case s.free <- part:
	default: // there is enough
	}
}

// letGo notes that an upload has ended, and lets the memory of parts go with the last one: up to 320 MB of the largest.
func (s *Store) letGo() {
	if s.uploads.Add(-1) > 0 {
		return
	}
	for s.buffer() != nil {
	}
}

// send sends a part in the background, as soon as there is a place for it. It owns the part's memory.
func (u *upload) send(ctx context.Context, number int32, part []byte) error {
	for _, places := range []chan struct{}{u.own, u.store.sending} {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			if places == u.store.sending {
				<-u.own
			}
			return ctx.Err()
		}
	}
	u.wait.Go(func() {
		if err := u.sendPart(ctx, number, part); err != nil {
			u.fail(err)
		}
		<-u.store.sending
		<-u.own
	})
	return nil
}

// sendPart sends a part and notes that it has arrived.
func (u *upload) sendPart(ctx context.Context, number int32, part []byte) error {
	out, err := u.store.client.UploadPart(ctx, &s3.UploadPartInput{
		Bucket: &u.bucket, Key: &u.key, UploadId: &u.id, PartNumber: &number,
		Body: bytes.NewReader(part), ContentLength: aws.Int64(int64(len(part))),
	})
	if err != nil {
		return translate(ctx, err, u.bucket)
	}
	u.store.giveBack(part)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.parts = append(u.parts, types.CompletedPart{ETag: out.ETag, PartNumber: &number})
	return nil
}

// finish makes the object from its parts.
func (u *upload) finish(ctx context.Context) error {
	slices.SortFunc(u.parts, func(a, b types.CompletedPart) int { return int(*a.PartNumber - *b.PartNumber) })
	in := &s3.CompleteMultipartUploadInput{
		Bucket: &u.bucket, Key: &u.key, UploadId: &u.id, MultipartUpload: &types.CompletedMultipartUpload{Parts: u.parts}, IfNoneMatch: u.ifNoneMatch(),
	}
	_, err := u.store.client.CompleteMultipartUpload(ctx, in)
	if in.IfNoneMatch != nil && status(err) == 501 { // checkAbsent has to do
		in.IfNoneMatch = nil
		_, err = u.store.client.CompleteMultipartUpload(ctx, in)
	}
	return err
}

// abort lets the service forget the parts. When it cannot be reached a rule of the bucket has to do it.
func (u *upload) abort(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleWithin)
	defer cancel()
	_, _ = u.store.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &u.bucket, Key: &u.key, UploadId: &u.id})
}
