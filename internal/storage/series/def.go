package series

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// DefKind is what a definition defines.
type DefKind uint8

// The kinds of definition. The numbers are on disk.
const (
	DefDimension     DefKind = 1 // dimension Number is called Text
	DefValue         DefKind = 2 // value Number of dimension Dim is Text
	DefMeasure       DefKind = 3 // measure name Number is Text
	DefColumn        DefKind = 4 // value column Number is called Text and has Type
	DefMeasureColumn DefKind = 5 // records of measure Measure have column Number
	DefSeries        DefKind = 6 // series Number has measure Measure and the values Codes of dimensions Dims
)

// Def is one definition. Numbers of a kind (of values: within their dimension) are given without gaps from 0.
type Def struct {
	Kind    DefKind
	Number  uint32
	Dim     uint32
	Measure uint32
	Text    string
	Type    *types.Type
	Dims    []uint32 // ascending
	Codes   []uint32
}

// Types of columns as they are on disk.
var typeCodes = map[types.Kind]byte{
	types.KindDouble: 1, types.KindBigint: 2, types.KindVarchar: 3, types.KindBoolean: 4, types.KindTimestamp: 5,
}

// typesByCode is the reverse of typeCodes.
var typesByCode = [...]*types.Type{1: types.Double, 2: types.Bigint, 3: types.Varchar, 4: types.Boolean, 5: types.Timestamp}

// AppendDef adds the encoded form of d to b.
func AppendDef(b []byte, d *Def) []byte {
	b = append(b, byte(d.Kind))
	b = binary.AppendUvarint(b, uint64(d.Number))
	switch d.Kind {
	case DefDimension, DefMeasure:
		return appendText(b, d.Text)
	case DefValue:
		b = binary.AppendUvarint(b, uint64(d.Dim))
		return appendText(b, d.Text)
	case DefColumn:
		b = append(b, typeCodes[d.Type.Kind])
		return appendText(b, d.Text)
	case DefMeasureColumn:
		return binary.AppendUvarint(b, uint64(d.Measure))
	case DefSeries:
		b = binary.AppendUvarint(b, uint64(d.Measure))
		b = binary.AppendUvarint(b, uint64(len(d.Dims)))
		for i := range d.Dims {
			b = binary.AppendUvarint(b, uint64(d.Dims[i]))
			b = binary.AppendUvarint(b, uint64(d.Codes[i]))
		}
		return b
	}
	panic("bug: definition of no kind")
}

// appendText adds a text with its length.
func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// errDef is the error for bytes that are no definition.
var errDef = errors.New("malformed definition")

// DecodeDefs calls apply for each definition in b, in order. Slices of the Def are only valid during the call; its text
// keeps the memory of all texts, so that whoever keeps it copies it.
func DecodeDefs(b []byte, apply func(*Def) error) error {
	r := defReader{rest: b, all: string(b)}
	var d Def
	for len(r.rest) > 0 {
		if err := r.read(&d); err != nil {
			return err
		}
		if err := apply(&d); err != nil {
			return err
		}
	}
	return nil
}

// defReader takes definitions apart.
type defReader struct {
	rest []byte
	all  string // the definitions as a string, of which rest is the end: the texts are pieces of it
	bad  bool
}

// number reads a uvarint of 32 bits at most.
func (r *defReader) number() uint32 {
	if len(r.rest) > 0 && r.rest[0] < 0x80 { // most are small
		v := r.rest[0]
		r.rest = r.rest[1:]
		return uint32(v)
	}
	v, n := binary.Uvarint(r.rest)
	if n <= 0 || v > 1<<32-1 {
		r.bad, r.rest = true, nil
		return 0
	}
	r.rest = r.rest[n:]
	return uint32(v)
}

// byte reads one byte.
func (r *defReader) byte() byte {
	if len(r.rest) == 0 {
		r.bad = true
		return 0
	}
	c := r.rest[0]
	r.rest = r.rest[1:]
	return c
}

// text reads a text.
func (r *defReader) text() string {
	n := int(r.number())
	if n > len(r.rest) {
		r.bad = true
		return ""
	}
	at := len(r.all) - len(r.rest)
	r.rest = r.rest[n:]
	return r.all[at : at+n]
}

// read fills d with the next definition, keeping the memory of its slices.
func (r *defReader) read(d *Def) error {
	*d = Def{Kind: DefKind(r.byte()), Number: r.number(), Dims: d.Dims[:0], Codes: d.Codes[:0]}
	switch d.Kind {
	case DefDimension, DefMeasure:
		d.Text = r.text()
	case DefValue:
		d.Dim = r.number()
		d.Text = r.text()
	case DefColumn:
		code := r.byte()
		if code == 0 || int(code) >= len(typesByCode) {
			return fmt.Errorf("%w: type %d", errDef, code)
		}
		d.Type = typesByCode[code]
		d.Text = r.text()
	case DefMeasureColumn:
		d.Measure = r.number()
	case DefSeries:
		d.Measure = r.number()
		for n := r.number(); n > 0 && !r.bad; n-- {
			d.Dims = append(d.Dims, r.number())
			d.Codes = append(d.Codes, r.number())
		}
	default:
		return fmt.Errorf("%w: kind %d", errDef, d.Kind)
	}
	if r.bad {
		return errDef
	}
	return nil
}
