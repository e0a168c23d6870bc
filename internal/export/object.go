package export

import (
	"context"
	"errors"
	"io"

	"github.com/tidemarkdb/tidemark/internal/objectstore"
)

// object is an object on its way into the store. What is written to it is handed to Put, which reads in a goroutine of its
// own that close or abort waits for. Put makes an object only when it has seen its end, so an aborted one leaves nothing.
type object struct {
	key   string
	bytes int64 // written so far
	pipe  *io.PipeWriter
	done  chan error // gets what Put returned, and is closed
	wait  func(func())
}

var errAborted = errors.New("UNLOAD was given up")

// put begins an object.
func (w *Writer) put(ctx context.Context, key, contentType string) *object {
	r, pipe := io.Pipe()
	o := &object{key: key, pipe: pipe, done: make(chan error, 1), wait: w.opts.Wait}
	go func() {
		err := w.opts.Objects.Put(ctx, w.opts.Unload.Bucket, key, r, w.putOptions(contentType))
		if err != nil {
			_ = r.CloseWithError(err) // never fails
		} else {
			_ = r.CloseWithError(errors.New("the object store did not read to the end"))
		}
		o.done <- err
		close(o.done)
	}()
	return o
}

// putOptions is how all objects of the UNLOAD are stored.
func (w *Writer) putOptions(contentType string) objectstore.PutOptions {
	encryption := "SSE_S3"
	if w.opts.Unload.KMS {
		encryption = "SSE_KMS"
	}
	return objectstore.PutOptions{ContentType: contentType, Encryption: encryption, KMSKeyID: w.opts.Unload.KMSKey}
}

// Write hands bytes over and returns when they were read.
func (o *object) Write(p []byte) (n int, err error) {
	o.wait(func() { n, err = o.pipe.Write(p) })
	o.bytes += int64(n)
	return n, err
}

// close says that all is written, and waits until the object is stored.
func (o *object) close() (err error) {
	o.wait(func() {
		_ = o.pipe.Close() // never fails
		err = <-o.done
	})
	return err
}

// abort ends the object, which will not be stored. It may follow an error of Write or close.
func (o *object) abort() {
	_ = o.pipe.CloseWithError(errAborted) // never fails
	o.wait(func() { <-o.done })
}
