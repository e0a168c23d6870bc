package vfs

import (
	"fmt"
	"io/fs"
	"os"
)

// Reserve is for a file that grows by many small writes, each of them synced: it is made longer in steps of the given size,
// by zeros behind its end, so that most syncs need not record a new length, which is a third of their time. Nobody sees
// the zeros but who reads the file after a crash; Size leaves them out and Close cuts them off. Only real files do it; for
// others nothing changes.
func Reserve(f File, step int64) {
	if w, ok := f.(*osWriter); ok {
		w.step = step
	}
}

// osWriter is a real file open for writing at its end.
type osWriter struct {
	osFile
	end  int64 // where the next write goes
	room int64 // length on disk, at least end
	step int64 // of Reserve, 0 for none
}

// Write implements File. O_APPEND is not used: Windows refuses to truncate such files.
func (f *osWriter) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return f.File.Write(p) // WriteAt would not notice that the file is closed
	}
	n, err := f.WriteAt(p, f.end)
	f.end += int64(n)
	if f.end <= f.room {
		return n, err
	}
	f.room = f.end
	if err == nil && f.step > 0 {
		// Whether there is room for more than was asked for is of no concern to the caller.
		zeros, _ := f.WriteAt(make([]byte, f.step-f.end%f.step), f.end)
		f.room += int64(zeros)
	}
	return n, err
}

// Size implements File.
func (f *osWriter) Size() (int64, error) { return f.end, nil }

// Truncate implements File. It refuses to lengthen a file.
func (f *osWriter) Truncate(size int64) error {
	if size < 0 || size > f.end {
		return &fs.PathError{Op: "truncate", Path: f.Name(), Err: fmt.Errorf("size %d outside 0 to %d: %w", size, f.end, fs.ErrInvalid)}
	}
	if err := f.File.Truncate(size); err != nil {
		return err
	}
	f.end, f.room = size, size
	return nil
}

// Close implements File.
func (f *osWriter) Close() error {
	var err error
	if f.room > f.end {
		err = f.File.Truncate(f.end)
	}
	if cerr := f.osFile.Close(); err == nil {
		err = cerr
	}
	return err
}

// newWriter returns a file whose next write goes behind its last byte.
func newWriter(f *os.File) (*osWriter, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return &osWriter{osFile: osFile{f}, end: info.Size(), room: info.Size()}, nil
}
