package function

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// normalize brings a text into a Unicode normalization form, NFC unless another is named. Source: Trino.
func init() {
	registerScalar("normalize(varchar) -> varchar", Scalar{Eval: unary(norm.NFC.String)})
	registerScalar("normalize(varchar, varchar) -> varchar", Scalar{CanFail: true, Eval: binaryErr(normalizeTo)})
}

func normalizeTo(s, form string) (string, error) {
	switch strings.ToUpper(form) {
	case "NFC":
		return norm.NFC.String(s), nil
	case "NFD":
		return norm.NFD.String(s), nil
	case "NFKC":
		return norm.NFKC.String(s), nil
	case "NFKD":
		return norm.NFKD.String(s), nil
	}
	return "", invalid("Normalization form must be one of [NFD, NFC, NFKD, NFKC]")
}
