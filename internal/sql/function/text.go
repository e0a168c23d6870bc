package function

import "github.com/tidemarkdb/tidemark/internal/vector"

// textColumn makes a column of texts that are written byte by byte. Texts share allocations of about textChunk bytes: one
// for each text would cost more than writing it, and one for all would keep a whole batch alive for a single text that
// somebody holds on to.
type textColumn struct {
	buf   []byte // the texts since the last flush
	out   []string
	ends  []int // of the texts in buf
	first int   // the row of the first of them
	limit sizeLimit
}

const textChunk = 4096

func newTextColumn(rows int) *textColumn {
	return &textColumn{buf: make([]byte, 0, textChunk+512), out: make([]string, rows)}
}

// end ends the text of the next row, which was appended to buf.
func (t *textColumn) end() error {
	start := 0
	if n := len(t.ends); n > 0 {
		start = t.ends[n-1]
	}
	if err := t.limit.grow(len(t.buf) - start); err != nil {
		return err
	}
	t.mark()
	return nil
}

// mark is end without the limit, for texts that are about as long as an argument.
func (t *textColumn) mark() {
	if t.ends = append(t.ends, len(t.buf)); len(t.buf) >= textChunk {
		t.flush()
	}
}

// keep makes s, which lives elsewhere, the text of the next row.
func (t *textColumn) keep(s string) {
	t.out[t.first+len(t.ends)] = s
	if len(t.ends) == 0 { // nothing waits to become texts
		t.first++
		return
	}
	t.ends = append(t.ends, len(t.buf))
}

// flush turns buf into texts. Rows that wrote nothing are empty, or kept a text.
func (t *textColumn) flush() {
	all, start := string(t.buf), 0
	for k, end := range t.ends {
		if start < end {
			t.out[t.first+k] = all[start:end]
		}
		start = end
	}
	t.first += len(t.ends)
	t.buf, t.ends = t.buf[:0], t.ends[:0]
}

// texts returns the column; every row must have been ended.
func (t *textColumn) texts() []string {
	t.flush()
	return t.out
}

// writeText makes the code of a function that writes a text: prepare reads the arguments and returns the function that appends
// the text of a row.
func writeText(prepare func(a *Args) func(dst []byte, i int) ([]byte, error)) EvalFunc {
	return func(a *Args) (*vector.Vector, error) {
		row, t := prepare(a), newTextColumn(a.Rows)
		for i := 0; i < a.Rows; i++ {
			if !a.skipped(i) {
				var err error
				if t.buf, err = row(t.buf, i); err != nil {
					return nil, err
				}
			}
			if err := t.end(); err != nil {
				return nil, err
			}
		}
		return vector.Strings(t.texts(), nil), nil
	}
}

// rewrite makes the code of a function of one text whose result is about as long: f appends the new text, or says that it is
// the old one.
func rewrite(f func(dst []byte, s string) (out []byte, same bool)) EvalFunc {
	return func(a *Args) (*vector.Vector, error) {
		text, t := read[string](a.Vecs[0]), newTextColumn(a.Rows)
		for i := range a.Rows {
			var same bool
			if !a.skipped(i) {
				if t.buf, same = f(t.buf, text.at(i)); same {
					t.keep(text.at(i))
					continue
				}
			}
			t.mark()
		}
		return vector.Strings(t.texts(), nil), nil
	}
}
