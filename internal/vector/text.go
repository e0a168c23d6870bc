package vector

import (
	"strconv"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// Payload returns where the value of row i is held: a vector that is flat or constant, and the index into its payload. ok is
// false for NULL.
func (v *Vector) Payload(i int) (flat *Vector, at int, ok bool) {
	if v.Form == Dictionary {
		if v.Codes[i] < 0 {
			return nil, 0, false
		}
		v, i = v.Dict, int(v.Codes[i])
	}
	if v.IsNull(i) {
		return nil, 0, false
	}
	return v, v.at(i), true
}

// AppendScalar appends the text of a value of a scalar type, at a place as Payload returns it.
func (v *Vector) AppendScalar(dst []byte, at int) []byte {
	switch v.Type.Kind {
	case types.KindVarchar:
		return append(dst, v.Strs[at]...)
	case types.KindDouble:
		return types.AppendDouble(dst, v.Floats[at])
	case types.KindBoolean:
		return strconv.AppendBool(dst, v.Bools[at])
	}
	return types.AppendInt64Text(dst, v.Type, v.Ints[at])
}
