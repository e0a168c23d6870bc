package workload

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"
)

// flushWithin is how long a server may take to move its rows to segments.
const flushWithin = time.Minute

// AwaitFlush waits until all rows are in segments and no files are merged any more.
func AwaitFlush(data string) error {
	quiet, before := 0, ""
	for deadline := time.Now().Add(flushWithin); time.Now().Before(deadline); time.Sleep(250 * time.Millisecond) {
		f := FilesOf(data)
		if f.Names != before || f.Segments == 0 || f.LogBytes > 1<<20 {
			quiet, before = 0, f.Names
			continue
		}
		if quiet++; quiet == 4 {
			return nil
		}
	}
	return fmt.Errorf("rows are not all in segments after %s", flushWithin)
}

// mergeWithin is how long a server may take to merge the segments of a window that is left alone.
const mergeWithin = 3 * time.Minute

// AwaitMerge waits until all rows are in as many segments as there are windows.
func AwaitMerge(data string, windows int) error {
	var f Files
	for deadline := time.Now().Add(mergeWithin); time.Now().Before(deadline); time.Sleep(250 * time.Millisecond) {
		if f = FilesOf(data); f.Segments == windows && f.LogBytes <= 1<<20 {
			return nil
		}
	}
	return fmt.Errorf("there are %d segments after %s, want %d", f.Segments, mergeWithin, windows)
}

// Files is what a data folder holds.
type Files struct {
	Segments               int
	SegmentBytes, LogBytes int64
	Names                  string           // of all files
	Sizes                  map[string]int64 // of segments and log files, by path
}

// FilesOf looks into a data folder. The server may be running.
func FilesOf(dir string) Files {
	out := Files{Sizes: map[string]int64{}}
	var all strings.Builder
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil //nolint:nilerr // files come and go
		}
		all.WriteString(path)
		switch filepath.Ext(path) {
		case ".seg":
			out.Segments++
			if info, err := d.Info(); err == nil {
				out.SegmentBytes += info.Size()
				out.Sizes[path] = info.Size()
			}
		case ".wal":
			if info, err := d.Info(); err == nil && strings.Contains(path, filepath.Join("data", "wal")) {
				out.LogBytes += info.Size()
				out.Sizes[path] = info.Size()
			}
		}
		return nil
	})
	out.Names = all.String()
	return out
}
