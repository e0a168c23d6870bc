// Package javaregexp is Java's regular expressions, which the regexp functions of SQL take.
//
// Compile translates a pattern (syntax.go; classes in class.go become the sets of characters of set.go) for two engines:
// Go's regexp, which takes linear time, and regexp2, which backtracks and knows look-around, back references and possessive
// quantifiers. A Matcher (match.go) searches with the first where it gives Java's answer, else with the second, and gives up
// when that takes too long. Sources: Java; Trino for line ends and classes like [[:alpha:]].
//
// Patterns come in as texts; matches go out as byte offsets. Errors are *dberr.Error of kind Invalid with the text for the
// client. What SQL makes of matches (groups as arguments, replacements, positions) is left to package function.
//
//	r, err := javaregexp.Compile(`(?<host>\w+)-\d++`)
//	var m javaregexp.Matcher                 // one a batch of rows
//	loc, err := m.Find(r, "see web-12")      // [4 10 4 7]: the whole match, then its groups
package javaregexp
