package export

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/types"
	"github.com/tidemarkdb/tidemark/internal/vector"
)

// TestCSVIsReadByGo: with the quote as the escape character, Go's reader gets every text back.
func TestCSVIsReadByGo(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	for _, delimiter := range []string{",", "|", "\t", ";", "a"} {
		for _, gzip := range []bool{false, true} {
			want := randomTexts(rng, 500)
			store, u := newStore(t), plain()
			u.FieldDelimiter, u.EscapedBy, u.Gzip = delimiter, `"`, gzip
			ones := slices.Repeat([]string{"1"}, len(want)) // so that no line is empty
			unload(t, Options{Objects: store, Unload: u, Columns: []types.Field{{Name: "t", Type: types.Varchar}, {Name: "u", Type: types.Varchar}}},
				&vector.Batch{Cols: []*vector.Vector{vector.Strings(want, nil), vector.Strings(ones, nil)}, Rows: len(want)})
			r := csv.NewReader(strings.NewReader(contents(t, store)[0].text))
			r.Comma = rune(delimiter[0])
			rows, err := r.ReadAll()
			if err != nil || len(rows) != len(want) {
				t.Fatalf("seed %d, delimiter %q: %d rows of %d, %v", seed, delimiter, len(rows), len(want), err)
			}
			for i, row := range rows {
				if wanted := strings.ReplaceAll(want[i], "\r\n", "\n"); row[0] != wanted { // as the reader does
					t.Fatalf("seed %d, delimiter %q: %q came back as %q", seed, delimiter, want[i], row[0])
				}
			}
		}
	}
}

// TestCSVIsReadByRule: by the documented rule, with any delimiter and escape character, every text comes back, and NULL
// differs from the empty text.
func TestCSVIsReadByRule(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 100 {
		delimiter, escape := string(",|;\t a0-"[rng.IntN(8)]), string([]rune(`\"é/~0-a`)[rng.IntN(8)])
		if delimiter == escape {
			continue
		}
		want, nulls := randomTexts(rng, 100), make([]bool, 100)
		ints := make([]int64, 100)
		for i := range nulls {
			nulls[i], ints[i] = rng.IntN(5) == 0, rng.Int64()-rng.Int64()
		}
		store, u := newStore(t), plain()
		u.FieldDelimiter, u.EscapedBy = delimiter, escape
		unload(t, Options{Objects: store, Unload: u, Columns: []types.Field{{Name: "t", Type: types.Varchar}, {Name: "i", Type: types.Bigint}}},
			&vector.Batch{Cols: []*vector.Vector{vector.Strings(want, nulls), vector.Int64s(types.Bigint, ints, nil)}, Rows: 100})
		fields := readByRule(contents(t, store)[0].text, delimiter, escape)
		if len(fields) != 200 {
			t.Fatalf("seed %d, delimiter %q, escape %q: %d fields", seed, delimiter, escape, len(fields))
		}
		for i := range want {
			text, number := fields[2*i], fields[2*i+1]
			if (text == nil) != nulls[i] || text != nil && *text != want[i] || *number != strconv.FormatInt(ints[i], 10) {
				t.Fatalf("seed %d, delimiter %q, escape %q: %q (NULL: %v) came back as %v", seed, delimiter, escape, want[i], nulls[i], text)
			}
		}
	}
}

// readByRule reads the fields of all rows. One without any character is nil.
func readByRule(text, delimiter, escape string) (fields []*string) {
	for len(text) > 0 {
		var field strings.Builder
		quoted := text[0] == '"'
		if !quoted {
			end := strings.IndexAny(text, delimiter+"\n")
			field.WriteString(text[:end])
			text = text[end:]
		} else {
			text = text[1:]
			for {
				if rest, ok := strings.CutPrefix(text, escape); ok && (strings.HasPrefix(rest, `"`) || strings.HasPrefix(rest, escape)) && (escape != `"` || strings.HasPrefix(rest, `"`)) {
					next := `"`
					if !strings.HasPrefix(rest, `"`) {
						next = escape
					}
					field.WriteString(next)
					text = rest[len(next):]
				} else if text[0] == '"' {
					text = text[1:]
					break
				} else {
					field.WriteByte(text[0])
					text = text[1:]
				}
			}
		}
		s := field.String()
		if s == "" && !quoted {
			fields = append(fields, nil)
		} else {
			fields = append(fields, &s)
		}
		text = text[1:] // the delimiter or the line feed
	}
	return fields
}

// randomTexts makes texts of the characters that matter.
func randomTexts(rng *rand.Rand, n int) []string {
	alphabet := []rune("abc \",\\|;\té'\n\r~/0-{}")
	out := make([]string, n)
	for i := range out {
		var b strings.Builder
		for range rng.IntN(8) {
			b.WriteRune(alphabet[rng.IntN(len(alphabet))])
		}
		out[i] = b.String()
	}
	return out
}

// TestFileSize: no file is larger than it may be; together they have all rows, in order.
func TestFileSize(t *testing.T) {
	for _, format := range []string{"csv", "gz", "parquet", "parquet gzip"} {
		t.Run(format, func(t *testing.T) {
			store, u := newStore(t), plain()
			u.Parquet, u.Gzip, u.MaxFileSizeBytes, u.IncludeHeader = strings.HasPrefix(format, "parquet"), strings.Contains(format, "gz"), 1<<20, true
			rng := rand.New(rand.NewPCG(1, 1))
			var batches []*vector.Batch
			var want []string
			for range 25 { // 6.4 MB that cannot be compressed much
				values := make([]string, 4000)
				for i := range values {
					values[i] = fmt.Sprintf("%x%x%x%x", rng.Uint64(), rng.Uint64(), rng.Uint64(), rng.Uint64())
				}
				want = append(want, values...)
				batches = append(batches, texts(values...))
			}
			r := unload(t, Options{Objects: store, Unload: u, Columns: []types.Field{{Name: "t", Type: types.Varchar}}}, batches...)
			if r.Rows != int64(len(want)) {
				t.Errorf("%d rows, want %d", r.Rows, len(want))
			}
			files := manifestOf(t, store, r).Files
			if least := int(r.Bytes / (1 << 20)); len(files) <= least || len(files) > 2*least+2 {
				t.Errorf("%d bytes are in %d files", r.Bytes, len(files))
			}
			var got []string
			for _, f := range files {
				if f.Metadata.Bytes > 1<<20+64<<10 || !u.Parquet && f.Metadata.Bytes > 1<<20 {
					t.Errorf("a file has %d bytes", f.Metadata.Bytes)
				}
				got = append(got, textsOf(t, store, f.URL)...)
			}
			if !slices.Equal(got, want) {
				t.Errorf("the files have %d rows, or others, want %d", len(got), len(want))
			}
		})
	}
}
