package when

import (
	"testing"
	"time"
)

var now = time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "90s": 90 * time.Second, "1h30m": 90 * time.Minute, "7d": 168 * time.Hour, "2w": 336 * time.Hour,
		"15000ms": 15 * time.Second, "1.5h": 90 * time.Minute, "10us": 10 * time.Microsecond, "5ns": 5,
	} {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("ParseDuration(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "5", "h", "-2h", "2 h", "1.2.3s", "3y", "1e3s", "999999999w", "2h5", "."} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("ParseDuration(%q) = %v, want an error", text, got)
		}
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]time.Time{
		"now": now, "now-2h": now.Add(-2 * time.Hour), "now - 1d + 30m": now.Add(-23*time.Hour - 30*time.Minute),
		"now+5m": now.Add(5 * time.Minute), "1748426399999": time.UnixMilli(1748426399999),
		"2026-03-14T09:26:53Z":          now,
		"2026-03-14T10:26:53+01:00":     now,
		"2026-03-14 09:26:53":           now,
		"2026-03-14 09:26:53.000000000": now,
		"2026-03-14 09:26":              now.Add(-53 * time.Second),
		"2026-03-14":                    time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC),
		" now-1s ":                      now.Add(-time.Second),
	} {
		if got, err := Parse(text, now); err != nil || !got.Equal(want) {
			t.Errorf("Parse(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "yesterday", "now2h", "now-", "now-2", "nowish", "2026", "2026-13-01", "now-2h-", "now--2h"} {
		if got, err := Parse(text, now); err == nil {
			t.Errorf("Parse(%q) = %v, want an error", text, got)
		}
	}
}

func TestDurationFlag(t *testing.T) {
	for text, want := range map[string]string{"7d": "168h", "90s": "1m30s", "2m": "2m", "7500ms": "7.5s", "0": "0", "1h5m": "1h5m"} {
		var d Duration
		if err := d.Set(text); err != nil || d.String() != want {
			t.Errorf("%q reads as %q, %v, want %q", text, d.String(), err, want)
		}
		if again := d; again.Set(d.String()) != nil || again != d {
			t.Errorf("%q does not read back", d.String())
		}
	}
	var d Duration
	if d.Set("soon") == nil {
		t.Error("soon is a duration")
	}
}
