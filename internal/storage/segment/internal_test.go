package segment

import (
	"context"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// writeTampered writes a segment of two short runs, one of 150 rows in an hour, and four columns, of which tamper has changed
// what the footer and the statistics of hours will say.
func writeTampered(t testing.TB, disk vfs.FS, name string, tamper func(w *Writer)) {
	t.Helper()
	meta := Meta{Table: 3, Columns: []Column{{"d", types.Double}, {"i", types.Bigint}, {"s", types.Varchar}, {"b", types.Boolean}}}
	w, err := NewWriter(disk, name, meta)
	if err != nil {
		t.Fatal(err)
	}
	for series := range uint32(2) {
		err := w.Append(5+series, Chunk{Times: []int64{10, 20, 40}, Cols: []*vector.Vector{
			vector.Doubles([]float64{1, 2.5, 3}, nil),
			vector.Int64s(types.Bigint, []int64{4, 5, 6}, []bool{false, true, false}),
			vector.Strings([]string{"a", "b", "a"}, nil),
			nil,
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	var times []int64
	var values []float64
	for i := range int64(150) {
		times, values = append(times, i*20e9), append(values, float64(i)/4)
	}
	if err := w.Append(9, Chunk{Times: times, Cols: []*vector.Vector{vector.Doubles(values, nil), vector.Int64s(types.Bigint, times, nil), nil, nil}}); err != nil {
		t.Fatal(err)
	}
	w.endRun()
	w.flush(len(w.times))
	w.hours.finish()
	if tamper != nil {
		tamper(w)
	}
	if _, err := w.Finish(); err != nil {
		t.Fatal(err)
	}
}

// Verify compares what the footer says with the rows; checksums alone would pass these.
func TestVerifyFindsWrongFooter(t *testing.T) {
	disk := memfs.New()
	writeTampered(t, disk, "good", nil)
	if err := Verify(disk, "good"); err != nil {
		t.Fatal(err)
	}
	for name, tamper := range map[string]func(w *Writer){
		"time of a run":       func(w *Writer) { w.dir.runMin[1]-- },
		"end of a run":        func(w *Writer) { w.dir.runSpan[0]++ },
		"first row of a run":  func(w *Writer) { w.dir.runFirst[1]-- },
		"series out of range": func(w *Writer) { w.dir.runSeries[0] = 1 << 32 },
		"block too late":      func(w *Writer) { w.dir.blockFirst[0]++ },
		"block too long":      func(w *Writer) { w.dir.rows += 5000 },
		"extent":              func(w *Writer) { w.dir.offsets[1]++ },
		"hole":                func(w *Writer) { w.dir.offsets[0]++ },
		"time of a block":     func(w *Writer) { w.dir.timeMin[0]-- },
		"minimum":             func(w *Writer) { w.dir.stats[0][2][0]++ },
		"sum":                 func(w *Writer) { w.dir.stats[1][4][0]++ },
		"nulls":               func(w *Writer) { w.dir.stats[2][0][0]++ },
		"nulls of NULLs":      func(w *Writer) { w.dir.stats[3][0][0]-- },
		"hour":                func(w *Writer) { w.hours.cells[0].Hour++ },
		"rows of an hour":     func(w *Writer) { w.hours.cells[0].Rows-- },
		"first row of hour":   func(w *Writer) { w.hours.cells[0].FirstRow++ },
		"minimum of an hour":  func(w *Writer) { w.hours.stats[0][0].MinFloat++ },
		"sum of an hour":      func(w *Writer) { w.hours.stats[1][0].SumInt++ },
		"nulls of an hour":    func(w *Writer) { w.hours.stats[2][0].Nulls-- },
		"place of hours":      func(w *Writer) { w.hours.offsets = append(w.hours.offsets, 7) },
		"scale":               func(w *Writer) { w.dir.stats[0][1][0] += 1 << scaleBits },
	} {
		t.Run(name, func(t *testing.T) {
			writeTampered(t, disk, "bad", tamper)
			if err := Verify(disk, "bad"); !dberr.Is(err, dberr.Corruption) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// withFooter returns a good segment's file with another footer, under right checksums.
func withFooter(t testing.TB, footer []byte) []byte {
	t.Helper()
	data, _ := splitFile(t)
	tr := trailer{version: formatVersion, footerFrom: int64(len(data)), footerLen: int64(len(footer)), footerSum: checksum(footer)}
	return tr.appendTo(append(data, footer...))
}

// splitFile returns the parts of a good segment: header and data, and the footer.
func splitFile(t testing.TB) (data, footer []byte) {
	t.Helper()
	disk := memfs.New()
	writeTampered(t, disk, "good", nil)
	b, err := disk.Bytes("good")
	if err != nil {
		t.Fatal(err)
	}
	tr, err := readTrailer(b[len(b)-trailerBytes:], int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	end := len(b) - trailerBytes
	return b[:tr.footerFrom:tr.footerFrom], b[tr.footerFrom:end:end]
}

// Sections that are marked optional are skipped; other unknown ones need a newer program.
func TestUnknownSections(t *testing.T) {
	_, footer := splitFile(t)
	for _, tc := range []struct {
		section uint32
		kind    dberr.Kind
	}{{optionalSection | 77, 255}, {77, dberr.Unavailable}, {sectionRuns, dberr.Corruption}} {
		extra, from := beginSection(append([]byte(nil), footer...), tc.section)
		disk := memfs.New()
		if err := disk.SetBytes("f", withFooter(t, endSection(append(extra, "content"...), from))); err != nil {
			t.Fatal(err)
		}
		err := Verify(disk, "f")
		if tc.kind == 255 && err != nil || tc.kind != 255 && !dberr.Is(err, tc.kind) {
			t.Errorf("section %x: %v", tc.section, err)
		}
	}
}

func TestNewerVersion(t *testing.T) {
	data, footer := splitFile(t)
	b := withFooter(t, footer)
	tail := b[len(b)-trailerBytes:]
	tail[16]++
	copy(tail[20:], appendUint32(checksum(tail[:20])))
	disk := memfs.New()
	if err := disk.SetBytes("f", b); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(disk, "f", nil); !dberr.Is(err, dberr.Unavailable) {
		t.Errorf("got %v for a file of %d bytes of data", err, len(data))
	}
}

// appendUint32 returns the little-endian bytes of v.
func appendUint32(v uint32) []byte {
	return []byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24)}
}

// Any footer, even under right checksums, is refused or can be used without a panic.
func FuzzFooter(f *testing.F) {
	_, footer := splitFile(f)
	f.Add(footer)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, footer []byte) {
		disk := memfs.New()
		if err := disk.SetBytes("f", withFooter(t, footer)); err != nil {
			t.Fatal(err)
		}
		r, err := Open(disk, "f", nil)
		if err != nil {
			if !dberr.Is(err, dberr.Corruption) && !dberr.Is(err, dberr.Unavailable) {
				t.Fatal(err)
			}
			return
		}
		ctx := context.Background()
		for i := range r.RunCount() {
			series, first, _ := r.Run(i)
			from, to := r.RunTimeRange(i)
			r.FindRun(series)
			_, _ = r.SeekTime(ctx, i, from/2+to/2)
			block, _, _ := r.BlockOf(first)
			_, _ = r.Versions(ctx, block)
			for c := range r.Meta().Columns {
				r.BlockStats(block, c)
				_, _ = r.Column(ctx, block, c)
			}
			cells, _ := r.Hours(ctx, nil, first, r.Info().Rows)
			for k := range cells {
				_, _ = r.HourStats(ctx, &cells[k], len(r.Meta().Columns)-1)
			}
		}
		_ = r.verify()
	})
}
