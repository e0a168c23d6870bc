package javaregexp

import (
	"testing"
	"unicode"
)

func TestCasedRunesAreAll(t *testing.T) {
	n := 0
	for c := rune(0); c <= unicode.MaxRune; c++ {
		if unicode.SimpleFold(c) != c {
			n++
		}
	}
	if n != len(casedRunes()) {
		t.Errorf("%d of %d characters with cases are known", len(casedRunes()), n)
	}
}
