package function

import (
	"strings"
	"unicode/utf8"
)

// String functions that measure how alike texts are or sound.
func init() {
	registerScalar("hamming_distance(varchar, varchar) -> bigint", Scalar{CanFail: true, Eval: binaryErr(hammingDistance)})
	registerScalar("levenshtein_distance(varchar, varchar) -> bigint", Scalar{CanFail: true, Eval: binaryErr(levenshteinDistance)})
	registerScalar("soundex(varchar) -> varchar", Scalar{Eval: unary(soundex)})
}

// hammingDistance counts the places where two texts of equal length differ.
func hammingDistance(x, y string) (int64, error) {
	var distance int64
	for x != "" && y != "" {
		p, n := utf8.DecodeRuneInString(x)
		q, m := utf8.DecodeRuneInString(y)
		if p != q {
			distance++
		}
		x, y = x[n:], y[m:]
	}
	if x != "" || y != "" {
		return 0, invalid("The input strings to hamming_distance function must have the same length")
	}
	return distance, nil
}

// levenshteinDistance counts the insertions, deletions and replacements between two texts. The product of their lengths
// is limited, since it is the time that this takes.
func levenshteinDistance(x, y string) (int64, error) {
	p, q := []rune(x), []rune(y)
	if len(p) < len(q) {
		p, q = q, p
	}
	if len(q) == 0 {
		return int64(len(p)), nil
	}
	if len(p)*(len(q)-1) > 1_000_000 {
		return 0, invalid("The combined inputs for Levenshtein distance are too large")
	}
	// row[j] is the distance between what of p has been seen and the first j characters of q.
	row := make([]int64, len(q)+1)
	for j := range row {
		row[j] = int64(j)
	}
	for i, r := range p {
		diagonal := row[0]
		row[0] = int64(i) + 1
		for j, s := range q {
			replaced := diagonal
			if r != s {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(q)], nil
}

// soundexCodes gives A..Z their Soundex digit: 0 for the vowels, which separate equal digits, and for H and W, which do not.
const soundexCodes = "01230120022455012623010202"

// soundex returns the American Soundex code of a word: its first letter and three digits. Characters that are not ASCII
// letters are left out; without any letter the result is empty.
func soundex(s string) string {
	code := make([]byte, 0, 4)
	var last byte
	for _, c := range []byte(strings.ToUpper(s)) {
		if c < 'A' || c > 'Z' {
			continue
		}
		digit := soundexCodes[c-'A']
		switch {
		case len(code) == 0:
			code = append(code, c)
		case c == 'H' || c == 'W':
			continue
		case digit != '0' && digit != last:
			code = append(code, digit)
		}
		if last = digit; len(code) == 4 {
			break
		}
	}
	for len(code) > 0 && len(code) < 4 {
		code = append(code, '0')
	}
	return string(code)
}
