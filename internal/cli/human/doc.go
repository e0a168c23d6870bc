// Package human writes numbers for people: counts with separators, bytes and durations in fitting units. Example:
//
//	human.Count(1234567) // "1,234,567"
//	human.Bytes(1234567) // "1.23 MB"
package human
