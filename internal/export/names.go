package export

import (
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/sql/plan"
)

// keyBytesMax is how long the key of an object may be. Source: S3.
const keyBytesMax = 1024

// Keys returns the keys of the objects that an UNLOAD will write, with * for what is not known before: it is for asking whether they
// may be written.
func Keys(u *plan.Unload, queryID string) []string {
	data := "results/"
	for _, name := range u.PartitionedBy {
		data += string(appendPathPart(nil, name)) + "=*/"
	}
	keys := []string{data + queryID + "_*" + suffix(u), queryID + "_*_metadata.json", queryID + "_*_manifest.json"}
	for i, name := range keys {
		keys[i] = fullKey(u, name)
	}
	return keys
}

// suffix ends the names of the files with rows.
func suffix(u *plan.Unload) string {
	switch {
	case u.Parquet:
		return ".parquet"
	case u.Gzip:
		return ".gz"
	}
	return ".csv"
}

// fullKey returns the key of an object whose name below the destination is given.
func fullKey(u *plan.Unload, name string) string {
	if u.Prefix != "" {
		return u.Prefix + "/" + name
	}
	return name
}

// key is fullKey for keys that are not too long.
func (w *Writer) key(name string) (string, error) {
	key := fullKey(w.opts.Unload, name)
	if len(key) > keyBytesMax {
		return "", dberr.New(dberr.Invalid, "The generated S3 object key: %s is too long. See documentation for more details.", key)
	}
	return key, nil
}

// url returns where an object is, in the form that the service answers.
func (w *Writer) url(key string) string { return "s3://" + w.opts.Unload.Bucket + "/" + key }

// newUUID returns a random UUID.
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// noValue is the name of the partition of NULL and of the empty text, as in Hive.
const noValue = "__HIVE_DEFAULT_PARTITION__"

// escaped are the printable characters that Hive escapes in names and values of partitions.
const escaped = `"#%'*/:=?\{[]^`

// appendPathPart appends a name or a value of a partition column as Hive writes it into a path.
func appendPathPart[T string | []byte](dst []byte, s T) []byte {
	const hex = "0123456789ABCDEF"
	for i := range len(s) {
		c := s[i]
		if c < 0x20 || c == 0x7f || strings.IndexByte(escaped, c) >= 0 {
			dst = append(dst, '%', hex[c>>4], hex[c&15])
		} else {
			dst = append(dst, c)
		}
	}
	return dst
}
