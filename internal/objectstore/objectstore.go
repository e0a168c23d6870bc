package objectstore

import (
	"context"
	"io"
	"time"
	"unicode/utf8"

	"github.com/tidemarkdb/tidemark/internal/dberr"
)

// Store is a place for objects. Its methods are safe for concurrent use. Errors are of kind Invalid for a name that cannot
// be, NotFound for an object (or, where buckets are not made by the first Put, a bucket) that is not there, Conflict for a
// Put that must not replace, and Unavailable for what may work when it is tried again.
type Store interface {
	// Put stores what body gives until io.EOF, in place of an object of that key. When it returns nil the object is durable.
	// After an error, also one of body, which is then passed on, there is no new object, and an old one is as it was. Large
	// bodies may be sent in parts, which nobody sees before the last one.
	Put(ctx context.Context, bucket, key string, body io.Reader, opts PutOptions) error
	// Get returns an object's content from an offset on. The caller closes it. An offset beyond the end gives no bytes.
	Get(ctx context.Context, bucket, key string, offset int64) (io.ReadCloser, Object, error)
	// List returns the objects of a bucket whose keys begin with a prefix, in order of the keys' bytes. A bucket that nothing
	// was put into is empty where buckets are made by the first Put.
	List(ctx context.Context, bucket string, req ListRequest) (ListPage, error)
	// Delete removes an object for good. It is no error if there is none.
	Delete(ctx context.Context, bucket, key string) error
	// CheckBucket fails if nothing can be kept in a bucket: NotFound if it is not there, unless the first Put makes it,
	// Invalid if its name cannot be or it is somebody else's.
	CheckBucket(ctx context.Context, bucket string) error
}

// PutOptions says how an object is stored. The zero value works.
type PutOptions struct {
	// IfAbsent refuses, with an error of kind Conflict, to replace an object. Of several such calls for a key one succeeds.
	IfAbsent bool
	// ContentType, Encryption (SSE_S3 or SSE_KMS) and KMSKeyID are for stores that keep them; the local one does not.
	ContentType string
	Encryption  string
	KMSKeyID    string
}

// Object is what is known of an object without reading it.
type Object struct {
	Key  string
	Size int64 // in bytes
	// ETag is another one when the object was replaced. It is opaque, with quotation marks where the store has them.
	ETag string
	// Modified is when the object was stored.
	Modified time.Time
}

// ListRequest says what to list: keys that begin with Prefix and come after After, Limit at most. A Limit of 0 stands for
// 1,000, which is the most as well.
type ListRequest struct {
	Prefix, After string
	Limit         int
}

// ListPage is a part of a listing. If More is set the next part comes after its last key.
type ListPage struct {
	Objects []Object
	More    bool
}

// Limits of S3.
const (
	keyBytesMax    = 1024
	bucketBytesMin = 3
	bucketBytesMax = 63
	listMax        = 1000
)

// PageSize returns how many objects the page may have.
func (r *ListRequest) PageSize() int {
	if r.Limit <= 0 || r.Limit > listMax {
		return listMax
	}
	return r.Limit
}

// CheckKey refuses keys that S3 does not take.
func CheckKey(key string) error {
	switch {
	case key == "":
		return dberr.New(dberr.Invalid, "An object key must not be empty.")
	case len(key) > keyBytesMax:
		return dberr.New(dberr.Invalid, "An object key has %d bytes, at most %d are possible.", len(key), keyBytesMax)
	case !utf8.ValidString(key):
		return dberr.New(dberr.Invalid, "An object key is not valid UTF-8.")
	}
	return nil
}

// CheckBucketName refuses names that no bucket has: lower-case letters, digits, dots and hyphens, the first and the last of
// them a letter or digit.
func CheckBucketName(bucket string) error {
	ok := len(bucket) >= bucketBytesMin && len(bucket) <= bucketBytesMax
	for i := 0; ok && i < len(bucket); i++ {
		c := bucket[i]
		alphanumeric := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		ok = alphanumeric || (c == '.' || c == '-') && i > 0 && i < len(bucket)-1
	}
	if !ok {
		return dberr.New(dberr.Invalid, "The bucket name '%s' is invalid: it must have %d to %d lower-case letters, digits, dots and hyphens, and begin and end with a letter or digit.",
			bucket, bucketBytesMin, bucketBytesMax)
	}
	return nil
}
