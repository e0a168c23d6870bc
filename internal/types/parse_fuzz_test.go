package types

import "testing"

// FuzzParseTimestamp looks for texts that are read as something whose text is read otherwise.
func FuzzParseTimestamp(f *testing.F) {
	for _, seed := range []string{"2020-08-08 01:00:00.123456789 +05:30", "2020-1-1T1:00Z", "1677-09-21 00:12:43.145224192", "9999-12-31 -18:59"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ns, err := ParseTimestamp(text)
		if err != nil {
			return
		}
		if again, err := ParseTimestamp(Text(Timestamp, ns)); err != nil || again != ns {
			t.Fatalf("%q is %d, but %s is %d, %v", text, ns, Text(Timestamp, ns), again, err)
		}
	})
}

// FuzzParseDuration looks for panics and for negative results.
func FuzzParseDuration(f *testing.F) {
	for _, seed := range []string{"5m", "42.8 ms", "12month", ".5y", "106751d"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, typ, err := ParseDuration(text)
		if err == nil && (v < 0 || typ != IntervalDayToSecond && typ != IntervalYearToMonth) {
			t.Fatalf("%q is %d of %s", text, v, typ)
		}
	})
}

// FuzzParseDouble looks for texts that are read as something whose text is read otherwise.
func FuzzParseDouble(f *testing.F) {
	for _, seed := range []string{"1.5e-3", "NaN", "-Infinity", " 1d", "4.9E-324"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		x, err := ParseDouble(text)
		if err != nil {
			return
		}
		if again, err := ParseDouble(Text(Double, x)); err != nil || again != x && x == x {
			t.Fatalf("%q is %v, but %s is %v, %v", text, x, Text(Double, x), again, err)
		}
	})
}
