package s3store

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tidemarkdb/tidemark/internal/dberr"
)

// An answer may get lost after the service has done what it was asked for. The SDK then asks again, and the second request may
// meet the effect of the first: it is refused because there is an object now, or because the upload is over. So each Put gives
// its object a random token, and one that fails looks whether the object that is there is its own.

// tokenName is the key of the token in the object's metadata.
const tokenName = "tidemark-put"

// settleWithin is how long a Put that has failed may take to find out and to clean up, even if its context has ended.
const settleWithin = 10 * time.Second

// newToken returns a token that no other Put has.
func newToken() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// metadata returns what is stored with the object.
func (t *target) metadata() map[string]string { return map[string]string{tokenName: t.token} }

// settle returns the outcome of a Put whose last request ended with err.
func (s *Store) settle(ctx context.Context, t *target, err error) error {
	if err == nil {
		return nil
	}
	failed := t.translate(ctx, err)
	definite := dberr.Is(failed, dberr.Invalid) || dberr.Is(failed, dberr.Limit) || code(err) == "NoSuchBucket"
	if !definite && s.isStored(ctx, t) {
		return nil
	}
	if t.opts.IfAbsent && dberr.Is(failed, dberr.Conflict) {
		return present(err)
	}
	return failed
}

// isStored reports whether the object is the one of this Put.
func (s *Store) isStored(ctx context.Context, t *target) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleWithin)
	defer cancel()
	out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &t.bucket, Key: &t.key})
	return err == nil && out.Metadata[tokenName] == t.token
}
