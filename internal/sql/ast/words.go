package ast

import "strings"

// reserved are the words that cannot be identifiers without quotes, in upper case. Every other word of the grammar can.
var reserved = wordSet(`
	ALTER AND AS BETWEEN BY CASE CAST CONSTRAINT CREATE CROSS CUBE CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER
	DEALLOCATE DELETE DESCRIBE DISTINCT DROP ELSE END ESCAPE EXCEPT EXECUTE EXISTS EXTRACT FALSE FOR FROM FULL GROUP
	GROUPING HAVING IN INNER INSERT INTERSECT INTO IS JOIN LEFT LIKE LOCALTIME LOCALTIMESTAMP NATURAL NORMALIZE NOT NULL ON
	OR ORDER OUTER PREPARE RECURSIVE RIGHT ROLLUP SELECT TABLE THEN TRUE UESCAPE UNION UNNEST USING VALUES WHEN WHERE WITH`)

// notCallable are the words that, not quoted and followed by a parenthesis, begin something else than a function call at
// one place or another, so that a function of that name is printed in quotes. GROUPING and NORMALIZE are reserved, but
// their only use is as a call.
var notCallable = wordSet(`ALL ANY BOTH LEADING ROW SOME TRAILING TRY_CAST`)

func wordSet(words string) map[string]bool {
	set := make(map[string]bool)
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}

// IsReserved reports whether word, in any case, can be an identifier only in quotes.
func IsReserved(word string) bool { return reserved[strings.ToUpper(word)] }

// QuoteIdent returns name as it must be written in a statement: as it is if it can be an identifier without quotes, else
// in double quotes.
func QuoteIdent(name string) string {
	if isPlain(name) && !IsReserved(name) {
		return name
	}
	return quoted(name)
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// quoteString returns a string literal.
func quoteString(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// isPlain reports whether name has only the characters of an identifier without quotes.
func isPlain(name string) bool {
	for i := range len(name) {
		c := name[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_':
		case c >= '0' && c <= '9', c == '@', c == ':':
			if i == 0 {
				return false
			}
		default:
			return false
		}
	}
	return name != ""
}

// callName returns the name of a function as it must be written before a parenthesis.
func callName(name string) string {
	word := strings.ToUpper(name)
	switch {
	case word == "GROUPING" || word == "NORMALIZE":
		return name
	case notCallable[word]:
		return quoted(name)
	}
	return QuoteIdent(name)
}
