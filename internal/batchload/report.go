package batchload

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tidemarkdb/tidemark/internal/objectstore"
)

// FileErrors is a reason for which lines of a file were not loaded. Lines are first and last ones, in order.
type FileErrors struct {
	File   string     `json:"file"`
	Reason string     `json:"reason"`
	Lines  [][2]int64 `json:"lines"`
}

// Limits of what is kept of errors until it goes to a report.
const (
	inlineBytesMax = 16 << 10 // in the saved progress: more is written to a report when the progress is saved
	findingsBytes  = 2 << 20  // in memory, about: with more it is time to save
	rangeBytes     = 24       // what a range of lines takes in a report, about
)

// findings are errors, by file and reason.
type findings struct {
	byReason map[[2]string]*FileErrors
	bytes    int // about what they take in a report
}

func newFindings(list []FileErrors) *findings {
	f := &findings{byReason: map[[2]string]*FileErrors{}}
	for _, e := range list {
		for _, lines := range e.Lines {
			f.add(e.File, e.Reason, lines)
		}
	}
	return f
}

// add adds lines of a file. Neighbours of the lines that were added before them become one range.
func (f *findings) add(file, reason string, lines [2]int64) {
	key := [2]string{file, reason}
	e := f.byReason[key]
	if e == nil {
		e = &FileErrors{File: file, Reason: reason}
		f.byReason[key] = e
		f.bytes += len(file) + len(reason) + 64
	}
	if n := len(e.Lines); n > 0 {
		if last := &e.Lines[n-1]; lines[0] >= last[0] && lines[0] <= last[1]+1 {
			last[1] = max(last[1], lines[1])
			return
		}
	}
	e.Lines = append(e.Lines, lines)
	f.bytes += rangeBytes
}

// size returns about how many bytes a report takes.
func (f *findings) size() int { return f.bytes }

// large reports whether so much was found that it should go to a report.
func (f *findings) large() bool { return f.bytes >= findingsBytes }

// list returns what was found in order of files and first lines, with as few ranges as possible.
func (f *findings) list() []FileErrors {
	out := make([]FileErrors, 0, len(f.byReason))
	for _, e := range f.byReason {
		lines := slices.Clone(e.Lines)
		slices.SortFunc(lines, func(a, b [2]int64) int { return cmp.Compare(a[0], b[0]) })
		merged := lines[:1]
		for _, l := range lines[1:] {
			if last := &merged[len(merged)-1]; l[0] <= last[1]+1 {
				last[1] = max(last[1], l[1])
			} else {
				merged = append(merged, l)
			}
		}
		out = append(out, FileErrors{e.File, e.Reason, merged})
	}
	slices.SortFunc(out, func(a, b FileErrors) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Lines[0][0], b.Lines[0][0]), cmp.Compare(a.Reason, b.Reason))
	})
	return out
}

// reportJSON is a report as the service writes it. Source: error reports of batch loads.
type reportJSON struct {
	TaskID     string           `json:"taskId"`
	TaskErrors []taskErrorJSON  `json:"taskErrors"`
	FileErrors []fileErrorsJSON `json:"fileErrors"`
}

type taskErrorJSON struct {
	Reason string `json:"reason"`
}

type fileErrorsJSON struct {
	FileName string          `json:"fileName"`
	Errors   []lineErrorJSON `json:"errors"`
}

type lineErrorJSON struct {
	Reason     string     `json:"reason"`
	LineRanges [][2]int64 `json:"lineRanges"`
}

// reportKey returns the key of report number part, from 0.
func (l *Load) reportKey(part int) string {
	key := fmt.Sprintf("%s/%s-%05d.json", l.ID, l.ID, part+1)
	if prefix := strings.TrimSuffix(l.Report.Prefix, "/"); prefix != "" {
		key = prefix + "/" + key
	}
	return key
}

// putReport writes report number part, in place of one that a run before a crash may have written.
func (l *Load) putReport(ctx context.Context, part int, task []string, list []FileErrors) error {
	report := reportJSON{TaskID: l.ID, TaskErrors: []taskErrorJSON{}, FileErrors: []fileErrorsJSON{}}
	for _, reason := range task {
		report.TaskErrors = append(report.TaskErrors, taskErrorJSON{reason})
	}
	for _, e := range list {
		if n := len(report.FileErrors); n == 0 || report.FileErrors[n-1].FileName != e.File {
			report.FileErrors = append(report.FileErrors, fileErrorsJSON{FileName: e.File})
		}
		f := &report.FileErrors[len(report.FileErrors)-1]
		f.Errors = append(f.Errors, lineErrorJSON{e.Reason, e.Lines})
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(report); err != nil {
		panic("bug: encode a report: " + err.Error())
	}
	return l.again(ctx, func() error {
		return l.Objects.Put(ctx, l.Report.Bucket, l.reportKey(part), bytes.NewReader(text.Bytes()),
			objectstore.PutOptions{ContentType: "application/json", Encryption: l.Report.Encryption, KMSKeyID: l.Report.KMSKeyID})
	})
}

// dropReport removes report number part.
func (l *Load) dropReport(ctx context.Context, part int) error {
	return l.again(ctx, func() error { return l.Objects.Delete(ctx, l.Report.Bucket, l.reportKey(part)) })
}

// ReportFailure writes a report that says why the load failed as a whole, after what was found before.
func (l *Load) ReportFailure(ctx context.Context, at Position, cause error) error {
	l.setDefaults()
	return l.putReport(ctx, at.Parts, []string{clientText(cause)}, newFindings(at.Errors).list())
}
