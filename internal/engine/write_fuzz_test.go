package engine

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestParseDouble(t *testing.T) {
	good := map[string]float64{"0": 0, "+0": 0, "0.0": 0, "13.6": 13.6, "-13.60": -13.6, "5.": 5, ".5": 0.5, "1e3": 1000, "1E-3": 0.001, "+7": 7,
		"123456789012345": 123456789012345, "0.1234567890123456789": 0.1234567890123456789, "1.7976931348623157e308": math.MaxFloat64, "4.9e-324": 5e-324,
		"9007199254740993": 9007199254740992, "0.000001": 1e-6}
	for text, want := range good {
		if got, ok := parseDouble(text); !ok || got != want || math.Signbit(got) != math.Signbit(want) {
			t.Errorf("%q: got %v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", " ", "NaN", "nan", "Infinity", "-Infinity", "inf", "-0.0", "-0", "-0e5", "-1e-400", "1e309", "1e", "e1", ".", "+", "-", "--1", "1.2.3",
		"0x1p3", "1_000", " 1", "1 ", "1d", "1f", "١"} {
		if got, ok := parseDouble(text); ok {
			t.Errorf("%q: taken as %v", text, got)
		}
	}
}

// FuzzParseDouble: the quick way gives bit for bit what strconv gives.
func FuzzParseDouble(f *testing.F) {
	for _, seed := range []string{"0", "-0", "13.6", "123456789012345.6", "999999999999999", ".000000000000001", "1e22", "-5.", "1.."} {
		f.Add(seed)
	}
	number := regexp.MustCompile(`^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$`)
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := parseDouble(text)
		want, err := strconv.ParseFloat(text, 64)
		wantOK := err == nil && number.MatchString(text) && (want != 0 || !math.Signbit(want))
		if ok != wantOK || ok && math.Float64bits(got) != math.Float64bits(want) {
			t.Errorf("%q: got %v, %v, want %v, %v", text, got, ok, want, wantOK)
		}
	})
}

// FuzzParseBigint compares with strconv, which also takes underscores in no base but 0.
func FuzzParseBigint(f *testing.F) {
	for _, seed := range []string{"0", "-0", "+5", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "00000000000000000000001", "1_0", "-", "", "a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := parseBigint(text)
		want, err := strconv.ParseInt(text, 10, 64)
		if ok != (err == nil) || ok && got != want {
			t.Errorf("%q: got %v, %v, want %v, %v", text, got, ok, want, err)
		}
	})
}

func TestParseBoolean(t *testing.T) {
	for _, text := range []string{"true", "TRUE", "True", "tRuE"} {
		if v, ok := parseBoolean(text); !v || !ok {
			t.Errorf("%s: %v, %v", text, v, ok)
		}
		no := strings.NewReplacer("t", "f", "T", "F", "r", "al", "R", "AL", "u", "s", "U", "S").Replace(text)
		if v, ok := parseBoolean(no); v || !ok {
			t.Errorf("%s: %v, %v", no, v, ok)
		}
	}
	for _, text := range []string{"", "t", "1", "yes", " true", "true "} {
		if _, ok := parseBoolean(text); ok {
			t.Errorf("%q is taken", text)
		}
	}
}
