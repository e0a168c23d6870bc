package human

import (
	"testing"
	"time"
)

func TestCount(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0", 7: "7", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000", -999: "-999",
		-9223372036854775808: "-9,223,372,036,854,775,808",
	} {
		if got := Count(n); got != want {
			t.Errorf("Count(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 bytes", 1: "1 byte", 999: "999 bytes", 1000: "1 kB", 1234: "1.23 kB", 12345: "12.3 kB", 123456: "123 kB",
		999499: "999 kB", 999500: "1 MB", 10_000_000: "10 MB", 9223372036854775807: "9.22 EB",
	} {
		if got := Bytes(n); got != want {
			t.Errorf("Bytes(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 µs", 1500 * time.Nanosecond: "1.5 µs", 1234 * time.Microsecond: "1.23 ms", 34 * time.Millisecond: "34 ms",
		999600 * time.Microsecond: "1 s", 45600 * time.Millisecond: "45.6 s", 59960 * time.Millisecond: "1m00s",
		125 * time.Second: "2m05s", time.Hour: "1h00m", 187 * time.Minute: "3h07m", -time.Second: "-1 s",
		50 * time.Hour: "50h00m",
	} {
		if got := Duration(d); got != want {
			t.Errorf("Duration(%d) = %q, want %q", d, got, want)
		}
	}
}

func TestRateAndPlural(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Rate(1000, time.Second), "1,000/s"}, {Rate(5, 2*time.Second), "2.5/s"}, {Rate(5, 0), "0/s"},
		{Plural(1, "row"), "1 row"}, {Plural(0, "row"), "0 rows"}, {Plural(1200, "record"), "1,200 records"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}
