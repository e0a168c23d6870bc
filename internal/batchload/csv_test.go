package batchload

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// withBuffer returns a reader whose buffer is as small as is said at first, so that rows are begun again.
func withBuffer(in io.Reader, dialect CSV, size int) *reader {
	r := newReader(in, dialect, 0, 1)
	r.buf = make([]byte, size)
	return r
}

// readAll writes each row as lines:[field][field], with _ for NULL, and errors as lines:!reason.
func readAll(r *reader) []string {
	var out []string
	for {
		row, err := r.read()
		var bad *rowError
		switch {
		case errors.Is(err, io.EOF):
			return out
		case errors.As(err, &bad):
			out = append(out, fmt.Sprintf("%d-%d:!%s", r.row.first, r.row.last, bad.reason))
			continue
		case err != nil:
			return append(out, err.Error())
		}
		line := fmt.Sprintf("%d-%d:", row.first, row.last)
		for _, f := range row.fields {
			if f.null {
				line += "_"
			} else {
				line += "[" + string(f.text) + "]"
			}
		}
		out = append(out, line)
	}
}

// TestCSV: texts and the rows that they are, read at once and, into buffers that are too small, byte by byte.
func TestCSV(t *testing.T) {
	const (
		inside = "!A quote is inside a field that does not begin with one."
		after  = "!There is text between a closing quote and the next separator."
		open   = "!A quoted field does not end."
	)
	tab, semicolon, space, pipe := CSV{Separator: '\t'}, CSV{Separator: ';', Quote: '\''}, CSV{Separator: ' ', Trim: true}, CSV{Separator: '|', Escape: '\\'}
	trim, null, nullTrim, doubling := CSV{Trim: true}, CSV{Null: "NULL"}, CSV{Null: "-", Trim: true}, CSV{Escape: '"'}
	for _, c := range []struct {
		csv  CSV
		text string
		rows []string
	}{
		{CSV{}, "", nil},
		{CSV{}, "\n\r\n\n", nil},
		{CSV{}, "a,b\n1,2\n", []string{"1-1:[a][b]", "2-2:[1][2]"}},
		{CSV{}, "a,b\r\n1,2\r\n", []string{"1-1:[a][b]", "2-2:[1][2]"}},
		{CSV{}, "a,b\n\n1,2", []string{"1-1:[a][b]", "3-3:[1][2]"}},
		{CSV{}, ",\n,,\na,", []string{"1-1:__", "2-2:___", "3-3:[a]_"}},
		{CSV{}, `"",""`, []string{"1-1:[][]"}},
		{CSV{}, `""`, []string{"1-1:[]"}},
		{CSV{}, `"a,b","c ""d"" e",f` + "\n", []string{`1-1:[a,b][c "d" e][f]`}},
		{CSV{}, "\"a\nb\r\nc\",d\nx,y\n", []string{"1-3:[a\nb\r\nc][d]", "4-4:[x][y]"}},
		{CSV{}, "a\rb,c\r", []string{"1-1:[a\rb][c]"}},
		{CSV{}, " a , b \n", []string{"1-1:[ a ][ b ]"}},
		{CSV{}, "\"a\"\r\n\"b\"\r", []string{"1-1:[a]", "2-2:[b]"}},
		{CSV{}, "a\"b,c\nd,e", []string{"1-1:" + inside, "2-2:[d][e]"}},
		{CSV{}, "\"a\"b,c\nd,e", []string{"1-1:" + after, "2-2:[d][e]"}},
		{CSV{}, "\"a\nb\"c,d\ne", []string{"1-2:" + after, "3-3:[e]"}},
		{CSV{}, "a\n\"b,\nc\n", []string{"1-1:[a]", "2-3:" + open}},
		{CSV{}, "ä,日本\x00,\"\xff\"", []string{"1-1:[ä][日本\x00][\xff]"}},
		{CSV{}, `a\,b`, []string{`1-1:[a\][b]`}},
		{tab, "a\tb,c\t\"d\te\"", []string{"1-1:[a][b,c][d\te]"}},
		{semicolon, "a;'b;''c';\"d\"", []string{`1-1:[a][b;'c]["d"]`}},
		{pipe, `a\|b|"c\"d\\"|\\|\n|"e""f"`, []string{`1-1:[a|b][c"d\][\][n][e"f]`}},
		{pipe, "a\\\nb|c\nd", []string{"1-2:[a\nb][c]", "3-3:[d]"}},
		{pipe, `a|\"b\"|c\`, []string{"1-1:!The file ends after an escape character."}},
		{pipe, `a|\"b\"|c`, []string{`1-1:[a]["b"][c]`}},
		{pipe, `"a\`, []string{"1-1:" + open}},
		{doubling, `"a""b",c`, []string{`1-1:[a"b][c]`}},
		{trim, " a\t,\t\" b \" ,  \n  \nc", []string{"1-1:[a][ b ]_", "3-3:[c]"}},
		{trim, " a b ,\" c\"d\n", []string{"1-1:" + after}},
		{trim, " a , \"b\" \r\n", []string{"1-1:[a][b]"}},
		{CSV{Trim: true, Escape: '\\'}, `  \ a\  ,`, []string{"1-1:[ a ]_"}},
		{space, "a  b\t \"c d\"\t\n", []string{"1-1:[a]_[b][c d]"}},
		{null, `NULL,null,"NULL",,NULL1`, []string{"1-1:_[null][NULL]_[NULL1]"}},
		{nullTrim, ` - ,"-",--`, []string{"1-1:_[-][--]"}},
	} {
		if got := readAll(newReader(strings.NewReader(c.text), c.csv, 0, 1)); !slices.Equal(got, c.rows) {
			t.Errorf("%+v %q:\n got %q\nwant %q", c.csv, c.text, got, c.rows)
		}
		for size := range 9 {
			if got := readAll(withBuffer(iotest.OneByteReader(strings.NewReader(c.text)), c.csv, size+1)); !slices.Equal(got, c.rows) {
				t.Errorf("%+v %q in a buffer of %d:\n got %q\nwant %q", c.csv, c.text, size+1, got, c.rows)
			}
		}
	}
}

// TestOffsets: from where one row ends the next ones can be read.
func TestOffsets(t *testing.T) {
	text := "a,b\n\n\"x\ny\",1\r\nbad\"\n\"2\",3\n\n4,5"
	whole := readAll(newReader(strings.NewReader(text), CSV{}, 0, 1))
	r := newReader(strings.NewReader(text), CSV{}, 0, 1)
	for i := 1; ; i++ {
		_, err := r.read()
		if errors.Is(err, io.EOF) {
			break
		}
		rest := newReader(strings.NewReader(text[r.offset:]), CSV{}, r.offset, r.line)
		if i == len(whole) {
			break
		}
		row, rerr := rest.read()
		if got := fmt.Sprintf("%d-%d", rest.row.first, rest.row.last); !strings.HasPrefix(whole[i], got+":") {
			t.Errorf("row %d: %+v, %v, want %s", i, row, rerr, whole[i])
		}
	}
}

// TestLongRows: a row may be longer than the buffer, up to the limit; a row beyond it ends the file.
func TestLongRows(t *testing.T) {
	for _, n := range []int{bufferBytesMin - 3, bufferBytesMin, bufferBytesMin + 1, 3 * bufferBytesMin, rowBytesMax - 8} {
		long := strings.Repeat("x", n)
		got := readAll(newReader(strings.NewReader("a,\""+long+"\"\nb\n"), CSV{}, 0, 1))
		if len(got) != 2 || got[0] != "1-1:[a]["+long+"]" || got[1] != "2-2:[b]" {
			t.Errorf("a field of %d bytes: %d rows", n, len(got))
		}
	}
	got := readAll(newReader(strings.NewReader("a\n"+strings.Repeat("x", rowBytesMax)), CSV{}, 0, 1))
	if want := "A row has more than 16777216 bytes."; len(got) != 2 || got[1] != want {
		t.Errorf("%.100q", got)
	}
}

// TestManyColumns: of a row with very many values only the number is kept.
func TestManyColumns(t *testing.T) {
	for _, n := range []int{columnsMax, columnsMax + 1, 1_000_000} {
		text := "\"a\"\"b\"" + strings.Repeat(",\"c\"\"d\"", n-1) + "\nx\n"
		r := newReader(strings.NewReader(text), CSV{}, 0, 1)
		row, err := r.read()
		if err != nil || row.count != n || len(row.fields) != min(n, columnsMax) || string(row.fields[columnsMax-1].text) != `c"d` {
			t.Fatalf("%d values: %v", n, err)
		}
		if row, err = r.read(); err != nil || row.count != 1 || string(row.fields[0].text) != "x" {
			t.Errorf("after %d values: %+v, %v", n, row, err)
		}
		names, err := newReader(strings.NewReader(text), CSV{}, 0, 1).header()
		var bad *fileError
		if refused := errors.As(err, &bad); refused != (n > columnsMax) || !refused && len(names) != n {
			t.Errorf("a header of %d names: %d, %v", n, len(names), err)
		}
	}
}

// TestSmallPieces: a long row that comes in small pieces, as from a network, is begun again when the buffer grows, not for each piece,
// which would take minutes.
func TestSmallPieces(t *testing.T) {
	long := strings.Repeat("x", 4<<20)
	got := readAll(newReader(&chunks{[]byte("a," + long + "\nb\n"), 20}, CSV{}, 0, 1))
	if len(got) != 2 || got[0] != "1-1:[a]["+long+"]" || got[1] != "2-2:[b]" {
		t.Errorf("%d rows", len(got))
	}
}

// TestHeader: what files must not begin with.
func TestHeader(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "The file is empty. A header line is required.",
		"\n\n":                      "The file is empty. A header line is required.",
		"\ufefftime,host\n":         "The file begins with a byte-order mark. Files must be UTF-8 without one.",
		"\xff\xfet\x00":             "The file begins with a byte-order mark. Files must be UTF-8 without one.",
		"\x1f\x8b\b\x00":            "The file is compressed. Only plain CSV files can be loaded.",
		"a\"b,c\n":                  "The header line cannot be read: A quote is inside a field that does not begin with one.",
		"a,\xff\n1,2":               "The header line is not valid UTF-8.",
		"time,\"host name\",,a\n1,": "[time host name  a]",
		"t":                         "[t]",
	} {
		for _, in := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
			names, err := withBuffer(in, CSV{}, 1).header()
			got := fmt.Sprint(names)
			var bad *fileError
			if errors.As(err, &bad) {
				got = bad.reason
			}
			if got != want {
				t.Errorf("%q: %s, want %s", text, got, want)
			}
		}
	}
	broken := errors.New("broken")
	if _, err := newReader(iotest.ErrReader(broken), CSV{}, 0, 1).header(); !errors.Is(err, broken) {
		t.Error(err)
	}
}

// FuzzCSV: for texts without CR, in the dialect of encoding/csv, rows and errors are the same as there.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{"a,b\n1,2\n", "\"a\nb\"\"c\",d\n", "a\"b\n\"c\"d\n\"e", "\n\n,\n", "\"\",\"\"\n"} {
		f.Add([]byte(seed), byte(','), byte(7))
	}
	f.Fuzz(func(t *testing.T, text []byte, comma, chunk byte) {
		if !strings.ContainsRune(",;|\t ", rune(comma)) || bytes.ContainsRune(text, '\r') {
			return
		}
		std := csv.NewReader(bytes.NewReader(text))
		std.Comma, std.FieldsPerRecord = rune(comma), -1
		var want []string
		for {
			fields, err := std.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				want = append(want, "!")
				continue
			}
			want = append(want, fmt.Sprintf("%q", fields))
		}
		r := withBuffer(bytes.NewReader(text), CSV{Separator: comma}, int(chunk)+1)
		var got []string
		for {
			row, err := r.read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				got = append(got, "!")
				continue
			}
			var fields []string
			for _, f := range row.fields {
				fields = append(fields, string(f.text))
			}
			got = append(got, fmt.Sprintf("%q", fields))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q:\n got %q\nwant %q", text, got, want)
		}
		if r.offset != int64(len(text)) {
			t.Errorf("%q: at the end the offset is %d", text, r.offset)
		}
	})
}

// chunks reads a text in pieces of one size.
type chunks struct {
	text []byte
	size int
}

// Read implements io.Reader.
func (c *chunks) Read(p []byte) (int, error) {
	if len(c.text) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.text[:min(len(c.text), c.size)])
	c.text = c.text[n:]
	return n, nil
}

// TestRandomDialects: rows that are written in a dialect are read as they were.
func TestRandomDialects(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	letters := []string{"a", "b", ",", ";", "|", "\t", " ", "\n", "\"", "'", "\\", "ä", "\r\n", "1"}
	for range 3000 {
		c := CSV{Separator: ",;|\t "[rng.IntN(5)], Quote: "\"'"[rng.IntN(2)], Escape: []byte{0, '\\', '"'}[rng.IntN(3)], Trim: rng.IntN(2) == 0}
		var text strings.Builder
		var want []string
		for range 1 + rng.IntN(5) {
			line := ""
			for k := range 1 + rng.IntN(4) {
				if k > 0 {
					text.WriteByte(c.Separator)
				}
				value := ""
				for range rng.IntN(6) {
					value += letters[rng.IntN(len(letters))]
				}
				line += "[" + value + "]"
				q, e := string(c.Quote), string(c.Quote)
				if c.Escape == '\\' {
					value = strings.ReplaceAll(value, `\`, `\\`)
					e = `\`
				} else if c.Escape != 0 && c.Escape != c.Quote {
					value = strings.ReplaceAll(value, string(c.Escape), strings.Repeat(string(c.Escape), 2))
				}
				text.WriteString(q + strings.ReplaceAll(value, q, e+q) + q)
			}
			text.WriteString([]string{"\n", "\r\n"}[rng.IntN(2)])
			want = append(want, line)
		}
		got := readAll(withBuffer(strings.NewReader(text.String()), c, 1+rng.IntN(9)))
		for i := range got {
			_, got[i], _ = strings.Cut(got[i], ":")
		}
		if !slices.Equal(got, want) {
			t.Fatalf("seed %d: %+v %q:\n got %q\nwant %q", seed, c, text.String(), got, want)
		}
	}
}

// BenchmarkCSV reads rows of ten short fields, some of them quoted.
func BenchmarkCSV(b *testing.B) {
	text := bytes.Repeat([]byte("1700000000000,us-east-1,\"us-east-1a\",host-24Gju,cpu_utilization,13.527,DOUBLE,\"a, b\",99,0.5\n"), 10000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		r := newReader(bytes.NewReader(text), CSV{}, 0, 1)
		n := 0
		for {
			if _, err := r.read(); err != nil {
				break
			}
			n++
		}
		if n != 10000 {
			b.Fatal(n)
		}
	}
}
