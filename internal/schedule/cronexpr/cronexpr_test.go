package cronexpr

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"
)

func at(text string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05", text)
	if err != nil {
		panic(err)
	}
	return t
}

// TestNext: known dates. 2024-01-01 is a Monday.
func TestNext(t *testing.T) {
	for _, c := range []struct{ text, after, want string }{
		{"rate(1 minute)", "2024-01-01 00:00:00", "2024-01-01 00:00:07"}, // created at 23:59:07 the day before
		{"rate(1 minutes)", "2024-01-01 00:00:07", "2024-01-01 00:01:07"},
		{"rate(5 minutes)", "2024-01-01 00:03:00", "2024-01-01 00:04:07"},
		{"rate(2 hours)", "2024-01-01 00:03:00", "2024-01-01 01:59:07"},
		{"rate(1 day)", "2023-12-31 23:59:07", "2024-01-01 23:59:07"},
		{"rate(7 days)", "2023-12-17 23:59:06", "2023-12-17 23:59:07"}, // before the creation
		{"rate(7 days)", "2023-12-17 23:59:07", "2023-12-24 23:59:07"},
		{"rate(36500 days)", "2023-12-31 23:59:07", "2123-12-07 23:59:07"},
		{"cron(0 10 * * ? *)", "2024-01-01 10:00:00", "2024-01-02 10:00:00"},
		{"cron(15 12 * * ? *)", "2024-01-01 10:00:00", "2024-01-01 12:15:00"},
		{"cron(0 18 ? * MON-FRI *)", "2024-01-05 18:00:00", "2024-01-08 18:00:00"},
		{"cron(0 8 1 * ? *)", "2024-01-01 08:00:00", "2024-02-01 08:00:00"},
		{"cron(0/15 * * * ? *)", "2024-01-01 10:46:00", "2024-01-01 11:00:00"},
		{"cron(0/10 * ? * MON-FRI *)", "2024-01-05 23:50:00", "2024-01-08 00:00:00"},
		{"cron(0/5 8-17 ? * MON-FRI *)", "2024-01-01 17:55:00", "2024-01-02 08:00:00"},
		{"cron(0 9 ? * 2#1 *)", "2024-01-01 09:00:00", "2024-02-05 09:00:00"},
		{"cron(0 0 ? * 3#2 *)", "2024-01-01 00:00:00", "2024-01-09 00:00:00"},
		{"cron(0 0 ? * sat#5 *)", "2024-01-01 00:00:00", "2024-03-30 00:00:00"},
		{"cron(0 0 L * ? *)", "2024-02-01 00:00:00", "2024-02-29 00:00:00"},
		{"cron(0 0 LW * ? *)", "2024-03-01 00:00:00", "2024-03-29 00:00:00"},
		{"cron(0 0 ? * 6L *)", "2024-01-01 00:00:00", "2024-01-26 00:00:00"},
		{"cron(0 0 ? * L *)", "2024-01-01 00:00:00", "2024-01-06 00:00:00"},
		{"cron(0 0 3W * ? *)", "2024-02-01 00:00:00", "2024-02-02 00:00:00"},  // the 3rd is a Saturday
		{"cron(0 0 1W * ? *)", "2024-06-01 00:00:00", "2024-06-03 00:00:00"},  // the 1st is a Saturday
		{"cron(0 0 31W * ? *)", "2024-03-01 00:00:00", "2024-03-29 00:00:00"}, // the 31st is a Sunday
		{"cron(0 0 29 2 ? 2025-2199)", "2024-02-29 00:00:00", "2028-02-29 00:00:00"},
		{"cron(5 4 3 JAN,jul ? 2025/2)", "2024-01-01 00:00:00", "2025-01-03 04:05:00"},
		{"cron(59 23 31 12 ? 2199)", "2024-01-01 00:00:00", "2199-12-31 23:59:00"},
		{"cron(* * * * ? *)", "2024-01-01 00:00:59", "2024-01-01 00:01:00"},
		{"cron(0 0 30 2 ? *)", "2024-01-01 00:00:00", ""},
		{"cron(0 0 1 1 ? 1970-2023)", "2024-01-01 00:00:00", ""},
		{"cron(* * * * ? *)", "2199-12-31 23:59:00", ""},
	} {
		s, err := Parse(c.text)
		if err != nil {
			t.Error(err)
			continue
		}
		got, ok := s.Next(at("2023-12-31 23:59:07").Add(time.Millisecond), at(c.after))
		if ok != (c.want != "") || ok && !got.Equal(at(c.want)) {
			t.Errorf("%s after %s: got %s, want %s", c.text, c.after, got, c.want)
		}
	}
}

// TestErrors: what is wrong is named.
func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "must be rate(...) or cron(...)",
		"5 minutes":                   "must be rate(...) or cron(...)",
		"cron(0 0 * * ? *":            "must be rate(...) or cron(...)",
		"rate()":                      "must have a number and a unit",
		"rate(0 minutes)":             "'0' is not a whole number of at least 1",
		"rate(-1 minutes)":            "'-1' is not",
		"rate(+1 minutes)":            "'+1' is not",
		"rate(1.5 hours)":             "'1.5' is not",
		"rate(5 minute)":              "the unit must be 'minutes' after a number above 1",
		"rate(5 seconds)":             "the unit 'seconds' must be minute(s), hour(s) or day(s)",
		"rate(99999999999 days)":      "'99999999999' is not",
		"rate(999999999 days)":        "too large",
		"cron(0 0 * * ?)":             "it has 5 fields instead of 6",
		"cron(0 0 0 * * ? *)":         "it has 7 fields",
		"cron(0 0 * * * *)":           "exactly one of day-of-month and day-of-week must be ?",
		"cron(0 0 ? * ? *)":           "exactly one of day-of-month and day-of-week must be ?",
		"cron(60 0 * * ? *)":          "'60' in the field minutes is not between 0 and 59",
		"cron(0 24 * * ? *)":          "'24' in the field hours is not between 0 and 23",
		"cron(0 0 0 * ? *)":           "'0' in the field day-of-month is not between 1 and 31",
		"cron(0 0 * 13 ? *)":          "'13' in the field month is not between 1 and 12",
		"cron(0 0 ? * 0 *)":           "'0' in the field day-of-week is not between 1 and 7",
		"cron(0 0 ? * MOON *)":        "'MOON' in the field day-of-week is not understood",
		"cron(0 0 * * ? 1969)":        "'1969' in the field year is not between 1970 and 2199",
		"cron(5-1 0 * * ? *)":         "'5-1' in the field minutes is a range that ends before it begins",
		"cron(*/0 0 * * ? *)":         "'*/0' in the field minutes has a step",
		"cron(1, 0 * * ? *)":          "'' in the field minutes is incomplete",
		"cron(1- 0 * * ? *)":          "'1-' in the field minutes is incomplete",
		"cron(L 0 * * ? *)":           "'L' in the field minutes is not understood",
		"cron(0 0 ? * 2#6 *)":         "must have a number from 1 to 5 after #",
		"cron(0 0 ? * 2#1,3#1 *)":     "only one expression with #",
		"cron(0 0 W * ? *)":           "'W' in the field day-of-month is incomplete",
		"cron(0 0 32W * ? *)":         "'32W' in the field day-of-month is not between",
		"cron(0 0 ? * 1W *)":          "'1W' in the field day-of-week is not understood",
		"cron(+1 0 * * ? *)":          "'+1' in the field minutes is not understood",
		"cron(0 0 1 * ? 99999999999)": "is not between 1970 and 2199",
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

// oracle decides for one minute whether a cron expression is due, straight from its text.
func oracle(text string, t time.Time) bool {
	f := strings.Fields(strings.TrimSuffix(strings.TrimPrefix(text, "cron("), ")"))
	last := t.AddDate(0, 1, -t.Day()).Day()
	day := func(part string) bool {
		switch {
		case part == "L":
			return t.Day() == last
		case strings.HasSuffix(part, "W"):
			target := last
			if part != "LW" {
				target, _ = strconv.Atoi(strings.TrimSuffix(part, "W"))
			}
			if target > last {
				return false
			}
			best := 0 // the nearest weekday of this month
			for d := 1; d <= last; d++ {
				if w := t.AddDate(0, 0, d-t.Day()).Weekday(); w == time.Saturday || w == time.Sunday {
					continue
				}
				if best == 0 || abs(d-target) < abs(best-target) {
					best = d
				}
			}
			return t.Day() == best
		}
		return plainMatch(part, t.Day(), 1, nil)
	}
	weekday := func(part string) bool {
		number := int(t.Weekday()) + 1
		switch {
		case part == "L":
			return number == 7
		case strings.Contains(part, "#"):
			name, n, _ := strings.Cut(part, "#")
			return plainMatch(name, number, 1, weekdayField.names) && strconv.Itoa((t.Day()-1)/7+1) == n
		case strings.HasSuffix(part, "L"):
			return plainMatch(strings.TrimSuffix(part, "L"), number, 1, weekdayField.names) && t.Day() > last-7
		}
		return plainMatch(part, number, 1, weekdayField.names)
	}
	anyOf := func(list string, match func(string) bool) bool {
		if list == "?" {
			return true
		}
		for _, part := range strings.Split(list, ",") {
			if match(part) {
				return true
			}
		}
		return false
	}
	return anyOf(f[0], func(p string) bool { return plainMatch(p, t.Minute(), 0, nil) }) &&
		anyOf(f[1], func(p string) bool { return plainMatch(p, t.Hour(), 0, nil) }) &&
		anyOf(f[2], day) &&
		anyOf(f[3], func(p string) bool { return plainMatch(p, int(t.Month()), 1, monthField.names) }) &&
		anyOf(f[4], weekday) &&
		anyOf(f[5], func(p string) bool { return plainMatch(p, t.Year(), yearMin, nil) })
}

func abs(n int) int { return max(n, -n) }

// plainMatch says whether a part without special letters stands for a number.
func plainMatch(part string, n, low int, names []string) bool {
	value := func(text string) int {
		for i, name := range names {
			if strings.EqualFold(name, text) {
				return low + i
			}
		}
		v, _ := strconv.Atoi(text)
		return v
	}
	span, step, stepped := strings.Cut(part, "/")
	from, to := low, 1<<20
	if span != "*" {
		a, b, ranged := strings.Cut(span, "-")
		from = value(a)
		if ranged {
			to = value(b)
		} else if !stepped {
			to = from
		}
	}
	every := 1
	if stepped {
		every, _ = strconv.Atoi(step)
	}
	return n >= from && n <= to && (n-from)%every == 0
}

// TestAgainstOracle: random expressions, from random times on, give exactly the minutes for which the oracle says so.
func TestAgainstOracle(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	for range 150 {
		text := randomCron(r)
		s, err := Parse(text)
		if err != nil {
			t.Fatalf("%s: %v (seed %d)", text, err, seed)
		}
		from := time.Date(2000+r.IntN(40), time.Month(1+r.IntN(12)), 1+r.IntN(31), r.IntN(24), r.IntN(60), r.IntN(60), 0, time.UTC)
		after, end := from, from.AddDate(0, 0, 45)
		for range 30 {
			want := after.Truncate(time.Minute).Add(time.Minute)
			for want.Before(end) && !oracle(text, want) {
				want = want.Add(time.Minute)
			}
			got, ok := s.Next(from, after)
			if !want.Before(end) {
				if ok && got.Before(end) {
					t.Fatalf("%s after %s: got %s, the oracle nothing before %s (seed %d)", text, after, got, end, seed)
				}
				break
			}
			if !ok || !got.Equal(want) {
				t.Fatalf("%s after %s: got %s, want %s (seed %d)", text, after, got, want, seed)
			}
			after = got
		}
	}
}

// randomCron makes a valid expression.
func randomCron(r *rand.Rand) string {
	part := func(low, high int, names []string) string {
		number := func(n int) string {
			if names != nil && r.IntN(2) == 0 {
				return names[n-low]
			}
			return strconv.Itoa(n)
		}
		a := low + r.IntN(high-low+1)
		switch r.IntN(6) {
		case 0:
			return number(a) + "-" + number(a+r.IntN(high-a+1))
		case 1:
			return fmt.Sprintf("%s/%d", number(a), 1+r.IntN(high-low+1))
		case 2:
			return fmt.Sprintf("*/%d", 1+r.IntN(high-low+1))
		case 3:
			return fmt.Sprintf("%s-%s/%d", number(a), number(a+r.IntN(high-a+1)), 1+r.IntN(5))
		}
		return number(a)
	}
	list := func(low, high int, names []string, special func() string) string {
		if r.IntN(3) == 0 {
			return "*"
		}
		var parts []string
		for range 1 + r.IntN(3) {
			if special != nil && r.IntN(2) == 0 {
				parts = append(parts, special())
				continue
			}
			parts = append(parts, part(low, high, names))
		}
		return strings.Join(parts, ",")
	}
	days, weekdays := "?", "?"
	if r.IntN(2) == 0 {
		days = list(1, 31, nil, func() string { return []string{"L", "LW", strconv.Itoa(1+r.IntN(31)) + "W"}[r.IntN(3)] })
	} else if r.IntN(4) == 0 {
		weekdays = fmt.Sprintf("%d#%d", 1+r.IntN(7), 1+r.IntN(5))
	} else {
		weekdays = list(1, 7, weekdayField.names, func() string { return []string{"L", strconv.Itoa(1+r.IntN(7)) + "L", "FRIL"}[r.IntN(3)] })
	}
	years := []string{"*", "*", "2000-2060", "2000/2", "2001,2020-2199"}[r.IntN(5)]
	return fmt.Sprintf("cron(%s %s %s %s %s %s)", list(0, 59, nil, nil), list(0, 23, nil, nil), days, list(1, 12, monthField.names, nil), weekdays, years)
}

// FuzzParse: no text makes it panic or run without end.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"rate(5 minutes)", "cron(0/5 8-17 ? * MON-FRI *)", "cron(0 0 LW,3W * ? 2024/3)", "cron(* * ? * 3#2 *)", "cron(,,, / - # L W)"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(text)
		if err != nil {
			return
		}
		after := at("2024-01-01 00:00:00")
		if next, ok := s.Next(after, after); ok && !next.After(after) {
			t.Fatalf("%q: %s is not after %s", text, next, after)
		}
	})
}

func BenchmarkNext(b *testing.B) {
	s, err := Parse("cron(0 0 29 2 ? *)")
	if err != nil {
		b.Fatal(err)
	}
	t := at("2024-03-01 00:00:00")
	for b.Loop() {
		s.Next(t, t)
	}
}
