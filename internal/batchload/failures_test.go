package batchload

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/mapping"
)

// TestBrokenReading: an object whose reading breaks off, with an error or as if it ended, is read on from the row it broke in.
func TestBrokenReading(t *testing.T) {
	for _, cutErr := range []error{io.EOF, io.ErrUnexpectedEOF, errors.New("connection reset"), dberr.New(dberr.Unavailable, "no answer")} {
		for _, at := range []int64{5, 103, 104, 105, 300_000} {
			r := newRig(t, lines(40_000))
			r.store.cutAt, r.store.cutErr, r.store.cuts = at, cutErr, 3
			if p, err := r.Run(ctx, Progress{}); err != nil || p.Processed != 40_000 || p.Ingested != 40_000 {
				t.Fatalf("%v at %d: %+v, %v", cutErr, at, p, err)
			}
			r.checkLines(t, 40_000)
		}
		r := newRig(t, lines(40_000))
		r.store.cutAt, r.store.cutErr, r.store.cuts = 5, cutErr, -1
		var stop *StopError
		if _, err := r.Run(ctx, Progress{}); !errors.As(err, &stop) {
			t.Errorf("%v for ever: %v", cutErr, err)
		}
	}
}

// TestFileFailures: files that cannot be loaded, and what is told of them. The others are loaded.
func TestFileFailures(t *testing.T) {
	r := newRig(t, lines(3), lines(3), lines(3), lines(3), "t,host,v\n1,a,1\n"+strings.Repeat("x", rowBytesMax+1), lines(3))
	r.Files[1].Size++
	r.Files[2].Key = "none.csv"
	r.Files[5].ETag = "another"
	r.Files[3].Size = FileBytesMax + 1
	p, err := r.Run(ctx, Progress{})
	if err != nil || p.FileFailures != 5 || p.Ingested != 4 || p.Processed != 4 {
		t.Fatalf("%+v, %v", p, err)
	}
	want := `TASK/TASK-00001.json {"taskId":"TASK","taskErrors":[],"fileErrors":[` +
		`{"fileName":"1.csv","errors":[{"reason":"The file was changed after the load had begun.","lineRanges":[[1,1]]}]},` +
		`{"fileName":"3.csv","errors":[{"reason":"The file has 5368709121 bytes, at most 5368709120 are possible.","lineRanges":[[1,1]]}]},` +
		`{"fileName":"4.csv","errors":[{"reason":"A row has more than 16777216 bytes.","lineRanges":[[3,3]]}]},` +
		`{"fileName":"5.csv","errors":[{"reason":"The file was changed after the load had begun.","lineRanges":[[1,1]]}]},` +
		`{"fileName":"none.csv","errors":[{"reason":"The file does not exist any more.","lineRanges":[[1,1]]}]}]}`
	if got := r.reportTexts(t); len(got) != 1 || got[0] != want {
		t.Errorf("%q\nwant %q", got, want)
	}
}

// TestLostWhileRead: a file of which the object storage says, in the middle, that it is another one now, is gone or must not be read,
// is refused from there on. The others are loaded.
func TestLostWhileRead(t *testing.T) {
	for cause, want := range map[*dberr.Error]string{
		dberr.New(dberr.Conflict, "It was replaced."): "The file was changed after the load had begun.",
		dberr.New(dberr.NotFound, "It is not there."): "The file does not exist any more.",
		dberr.New(dberr.Invalid, "Access is denied."): "The file cannot be read: Access is denied.",
	} {
		r := newRig(t, lines(50_000), "t,host,v\n0,x0,1\n")
		r.store.cutAt, r.store.cutErr, r.store.cuts = 300_000, cause, 1
		p, err := r.Run(ctx, Progress{})
		if err != nil || p.FileFailures != 1 || p.Ingested < 20_000 || p.Ingested >= 50_000 || len(r.rows["x0"]) != 1 {
			t.Fatalf("%v: %+v, %v", cause, p, err)
		}
		want = fmt.Sprintf(`{"fileName":"0.csv","errors":[{"reason":%q,"lineRanges":[[%d,%[2]d]]}]}`, want, p.Ingested+1)
		if got := r.reportTexts(t); len(got) != 1 || !strings.Contains(got[0], want) {
			t.Errorf("%q\nwant %q", got, want)
		}
	}
}

// TestLinesEndInCR: a file of one line to us is told why its columns are missing; a name with a line break in quotes is a name.
func TestLinesEndInCR(t *testing.T) {
	r := newRig(t, "t,host,v\r1,a,1\r2,b,1\r", "t,host,v,\"a\r\nb\"\r\n1,c,1,x\r\n", "t,host,\"w\r\n\"\r\n")
	p, err := r.Run(ctx, Progress{})
	if err != nil || p.FileFailures != 2 || p.Ingested != 1 {
		t.Fatalf("%+v, %v", p, err)
	}
	want := `{"fileName":"0.csv","errors":[{"reason":"The column 'v' of the data model does not exist. The header line has carriage returns within: ` +
		`lines must end in LF or CR LF.","lineRanges":[[1,1]]}]},{"fileName":"2.csv","errors":[{"reason":"The column 'v' of the data model does not exist.","lineRanges":[[1,1]]}]}`
	if got := r.reportTexts(t); len(got) != 1 || !strings.Contains(got[0], want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

// TestRowFailures: values that no record can have, and ranges of lines.
func TestRowFailures(t *testing.T) {
	r := newRig(t, "t,host,v,more\n1,a,"+strings.Repeat("1", valueBytesMax)+",x\n1,a,"+strings.Repeat("1", valueBytesMax+1)+",x\n1,b,1,"+strings.Repeat("x", 5000)+
		"\n1,\xff,1,\n1,c,1,\xff\n1,bad,0,\n2,bad,0,\n3,bad,0,\n4,d,0,\n5,bad,1,\n")
	p, err := r.Run(ctx, Progress{})
	if err != nil || p.Counts != (Counts{Processed: 10, Ingested: 4, ParseFailures: 5, IngestionFailures: 1, BytesMetered: p.BytesMetered}) {
		t.Fatalf("%+v, %v", p, err)
	}
	want := `{"reason":"A value has more than 2048 bytes.","lineRanges":[[3,3]]},{"reason":"A value is not valid UTF-8.","lineRanges":[[5,5]]},{"reason":"bad host","lineRanges":[[7,9],[11,11]]}]`
	if got := r.reportTexts(t); len(got) != 1 || !strings.Contains(got[0], want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

// TestManyErrors: reports are cut before they fill the memory, and together tell each line once.
func TestManyErrors(t *testing.T) {
	var text strings.Builder
	text.WriteString("t,host,v\n")
	for i := range 300_000 {
		fmt.Fprintf(&text, "%d,%s,1\n", i, []string{"h1", "bad"}[i%2])
	}
	r := newRig(t, text.String())
	p, err := r.Run(ctx, Progress{})
	if err != nil || p.IngestionFailures != 150_000 {
		t.Fatalf("%+v, %v", p.Counts, err)
	}
	texts := r.reportTexts(t)
	if len(texts) < 2 || len(texts) != p.Place.Parts {
		t.Errorf("%d reports, %d parts", len(texts), p.Place.Parts)
	}
	seen := map[int]bool{}
	for _, text := range texts {
		var report reportJSON
		_, body, _ := strings.Cut(text, " ")
		if err := json.Unmarshal([]byte(body), &report); err != nil {
			t.Fatal(err)
		}
		for _, lines := range report.FileErrors[0].Errors[0].LineRanges {
			for l := lines[0]; l <= lines[1]; l++ {
				seen[int(l)] = true
			}
		}
	}
	if len(seen) != 150_000 || !seen[3] || seen[2] {
		t.Errorf("%d lines", len(seen))
	}
}

// TestOneRange: lines that fail for one reason, all of a file, are one range of one report, though they come from several lanes and
// places are saved between them.
func TestOneRange(t *testing.T) {
	var text strings.Builder
	text.WriteString("t,host,v\n")
	for i := range 50_000 {
		fmt.Fprintf(&text, "%d,host-%d,1\n", i, i%50)
	}
	r := newRig(t, text.String())
	r.SaveRows = 5000
	r.Write = func(_ context.Context, records []mapping.Record) (out Outcome, err error) {
		for i := range records {
			out.Failed = append(out.Failed, Failure{i, "exists", false})
		}
		return out, nil
	}
	if p, err := r.Run(ctx, Progress{}); err != nil || p.IngestionFailures != 50_000 {
		t.Fatalf("%+v, %v", p.Counts, err)
	}
	if got := r.reportTexts(t); len(got) != 1 || !strings.Contains(got[0], `[{"reason":"exists","lineRanges":[[2,50001]]}]`) {
		t.Errorf("%d reports, %.300q", len(got), got)
	}
}

// TestLongReasons: errors that are long and all different do not gather in memory either.
func TestLongReasons(t *testing.T) {
	r := newRig(t, lines(20_000))
	r.Write = func(_ context.Context, records []mapping.Record) (out Outcome, err error) {
		for i := range records {
			out.Failed = append(out.Failed, Failure{i, records[i].Time + strings.Repeat("x", 2000), true})
		}
		return out, nil
	}
	p, err := r.Run(ctx, Progress{})
	if err != nil || p.ParseFailures != 20_000 {
		t.Fatalf("%+v, %v", p.Counts, err)
	}
	for _, text := range r.reportTexts(t) {
		if len(text) > 4*findingsBytes {
			t.Errorf("a report of %d bytes", len(text))
		}
	}
}

// TestNullDimensions: rows of one series go through one lane, whatever their NULLs look like.
func TestNullDimensions(t *testing.T) {
	s := newLanes(ctx, new(Load))
	defer s.close()
	for i := range 100 {
		row := func(null string) []mapping.Value {
			return []mapping.Value{{Text: fmt.Sprint(i)}, {Text: null, Null: true}}
		}
		if s.of(row(""), []int{0, 1}) != s.of(row("NULL"), []int{0, 1}) {
			t.Fatal(i)
		}
	}
}

// TestReportFails: a load whose report cannot be written does not end as if it were complete.
func TestReportFails(t *testing.T) {
	r := newRig(t, "t,host,v\nx\n")
	r.store.putFail = dberr.New(dberr.Unavailable, "no answer")
	var stop *StopError
	if _, err := r.Run(ctx, Progress{}); !errors.As(err, &stop) || len(r.saved) != 0 {
		t.Error(err, r.saved)
	}
	r.store.putFail = dberr.New(dberr.NotFound, "no bucket")
	if _, err := r.Run(ctx, Progress{}); !dberr.Is(err, dberr.NotFound) || len(r.saved) != 0 {
		t.Error(err, r.saved)
	}
	r.store.putFail = nil
	failed := dberr.New(dberr.Unavailable, "the catalog is on fire")
	saves := 0
	r.Save = func(Progress) error { saves++; return failed }
	if _, err := r.Run(ctx, Progress{}); !errors.As(err, &stop) || !errors.Is(err, failed) || saves < 10 {
		t.Error(err, saves)
	}
}
