// Package when reads times and durations as users write them on a command line: "now-2h", an RFC 3339 time, epoch
// milliseconds; "90s", "1h30m", "7d". Example:
//
//	from, err := when.Parse("now-2h", time.Now())
package when
