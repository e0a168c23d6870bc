package function

import (
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // so that regions are known on machines without a zone database
)

// zoneRegions are the abbreviations that parse_datetime knows beside the names of regions, as in Joda and java.time: each
// stands for a region with its summer time.
var zoneRegions = map[string]string{
	"PST": "America/Los_Angeles", "PDT": "America/Los_Angeles", "MST": "America/Denver", "MDT": "America/Denver",
	"CST": "America/Chicago", "CDT": "America/Chicago", "EST": "America/New_York", "EDT": "America/New_York",
	"AKST": "America/Anchorage", "AKDT": "America/Anchorage", "HST": "Pacific/Honolulu", "AST": "America/Halifax", "ADT": "America/Halifax",
	"BST": "Europe/London", "WET": "Europe/Lisbon", "WEST": "Europe/Lisbon", "CET": "Europe/Paris", "CEST": "Europe/Paris",
	"EET": "Europe/Helsinki", "EEST": "Europe/Helsinki", "MSK": "Europe/Moscow", "IST": "Asia/Kolkata", "SGT": "Asia/Singapore",
	"HKT": "Asia/Hong_Kong", "JST": "Asia/Tokyo", "KST": "Asia/Seoul", "AEST": "Australia/Sydney", "AEDT": "Australia/Sydney",
	"NZST": "Pacific/Auckland", "NZDT": "Pacific/Auckland",
}

// zones caches regions that were asked for; there are about 600.
var zones sync.Map // of name to *time.Location

// zoneByName finds a zone by abbreviation or region name. "Local" and names that look like paths are no zones.
func zoneByName(name string) (*time.Location, bool) {
	switch upper := strings.ToUpper(name); upper {
	case "UTC", "GMT", "UT", "Z":
		return time.UTC, true
	case "LOCAL":
		return nil, false
	default:
		if region, ok := zoneRegions[upper]; ok {
			name = region
		}
	}
	if zone, ok := zones.Load(name); ok {
		return zone.(*time.Location), true
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, false
	}
	zones.Store(name, zone)
	return zone, true
}

// scanOffset reads +hh, +hhmm, +hh:mm, +hh:mm:ss at the start of s and returns its length, 0 if there is none.
func scanOffset(s string) (int, *time.Location) {
	if s == "" || s[0] != '+' && s[0] != '-' {
		return 0, nil
	}
	n, seconds := 1, 0
	for i, unit := range [...]int{3600, 60, 1} {
		at := n
		if i > 0 && at < len(s) && s[at] == ':' {
			at++
		}
		if at+2 > len(s) || !isDigit(s[at]) || !isDigit(s[at+1]) {
			break
		}
		v := int(s[at]-'0')*10 + int(s[at+1]-'0')
		if i == 0 && v > 23 || v > 59 {
			return 0, nil
		}
		seconds += v * unit
		n = at + 2
	}
	if n == 1 {
		return 0, nil
	}
	if s[0] == '-' {
		seconds = -seconds
	}
	return n, time.FixedZone("", seconds)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
