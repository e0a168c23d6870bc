package awsjson

import (
	"strconv"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// Writer appends one JSON document to Buf. Commas are put where they belong; matching Open with Close and giving each
// member of an object a Key is the caller's. The zero Writer is ready.
type Writer struct {
	Buf   []byte
	comma bool
}

// Open begins an object ('{') or a list ('[').
func (w *Writer) Open(c byte) {
	w.separate()
	w.Buf = append(w.Buf, c)
	w.comma = false
}

// Close ends what Open began; c is the opening bracket.
func (w *Writer) Close(c byte) {
	w.Buf = append(w.Buf, c+2)
	w.comma = true
}

// Key begins a member. Names of members need no escapes.
func (w *Writer) Key(name string) {
	w.separate()
	w.Buf = append(w.Buf, '"')
	w.Buf = append(w.Buf, name...)
	w.Buf = append(w.Buf, '"', ':')
	w.comma = false
}

// Text appends a string.
func (w *Writer) Text(s string) {
	w.separate()
	w.Buf = types.AppendJSONString(w.Buf, s)
}

// Int appends an integer.
func (w *Writer) Int(n int64) {
	w.separate()
	w.Buf = strconv.AppendInt(w.Buf, n, 10)
}

// Bool appends true or false.
func (w *Writer) Bool(b bool) {
	w.separate()
	w.Buf = strconv.AppendBool(w.Buf, b)
}

// Double appends a finite number in its shortest form, always with a fraction or an exponent.
func (w *Writer) Double(x float64) {
	w.separate()
	start := len(w.Buf)
	w.Buf = strconv.AppendFloat(w.Buf, x, 'g', -1, 64)
	for _, c := range w.Buf[start:] {
		if c == '.' || c == 'e' {
			return
		}
	}
	w.Buf = append(w.Buf, ".0"...)
}

// Millis appends a time, given in milliseconds since 1970, as API timestamps are written: seconds with a fraction of up
// to three digits.
func (w *Writer) Millis(ms int64) {
	w.separate()
	if ms < 0 {
		w.Buf = append(w.Buf, '-')
		ms = -ms
	}
	w.Buf = strconv.AppendInt(w.Buf, ms/1000, 10)
	if f := ms % 1000; f != 0 {
		digits := [4]byte{'.', byte('0' + f/100), byte('0' + f/10%10), byte('0' + f%10)}
		n := 4
		for digits[n-1] == '0' {
			n--
		}
		w.Buf = append(w.Buf, digits[:n]...)
	}
}

// Raw appends a value that is JSON already.
func (w *Writer) Raw(json []byte) {
	w.separate()
	w.Buf = append(w.Buf, json...)
}

// separate appends the comma that a further value needs.
func (w *Writer) separate() {
	if w.comma {
		w.Buf = append(w.Buf, ',')
	}
	w.comma = true
}
