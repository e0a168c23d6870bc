package parser

import "github.com/tidemarkdb/tidemark/internal/sql/ast"

// token is a piece of the text. Offsets are in bytes; line and column are from 1, columns in code points.
type token struct {
	start, end int32
	line, col  int32
	kind       kind
	plain      bool // of strings and quoted identifiers: no doubled quote inside, so that the value is a slice of the text
}

func (t *token) pos() ast.Pos { return ast.Pos{Line: int(t.line), Col: int(t.col)} }

// kind is the kind of a token. Every word of the grammar has one of its own. The order matters: reserved words, then
// everything that can be an identifier.
type kind uint8

const (
	tEnd     kind = iota
	tInvalid      // the lexer cannot go on here
	tString
	tUnicodeString
	tInt
	tFloat
	tDuration
	tParam

	tLeftParen
	tRightParen
	tLeftBracket
	tRightBracket
	tComma
	tDot
	tSemicolon
	tPlus
	tMinus
	tStar
	tSlash
	tPercent
	tConcat
	tEqual
	tNotEqual
	tLess
	tLessEqual
	tGreater
	tGreaterEqual
	tArrow
	tFatArrow // "=>", which no rule uses

	kAlter // the first reserved word
	kAnd
	kAs
	kBetween
	kBy
	kCase
	kCast
	kConstraint
	kCreate
	kCross
	kCube
	kCurrentDate
	kCurrentTime
	kCurrentTimestamp
	kCurrentUser
	kDeallocate
	kDelete
	kDescribe
	kDistinct
	kDrop
	kElse
	kEndCase
	kEscape
	kExcept
	kExecute
	kExists
	kExtract
	kFalse
	kFor
	kFrom
	kFull
	kGroup
	kGrouping
	kHaving
	kIn
	kInner
	kInsert
	kIntersect
	kInto
	kIs
	kJoin
	kLeft
	kLike
	kLocaltime
	kLocaltimestamp
	kNatural
	kNormalize
	kNot
	kNull
	kOn
	kOr
	kOrder
	kOuter
	kPrepare
	kRecursive
	kRight
	kRollup
	kSelect
	kTable
	kThen
	kTrue
	kUescape
	kUnion
	kUnnest
	kUsing
	kValues
	kWhen
	kWhere
	kWith

	tQuoted // the first kind that can be an identifier
	tIdent
	kAll // the first word that is not reserved
	kAnalyze
	kAny
	kArray
	kAsc
	kBoth
	kCurrent
	kDatabases
	kDay
	kDesc
	kDouble
	kExplain
	kFetch
	kFilter
	kFirst
	kFollowing
	kGroups
	kHour
	kIgnore
	kInterval
	kLast
	kLateral
	kLeading
	kLimit
	kMeasures
	kMinute
	kMonth
	kNext
	kNulls
	kOffset
	kOnly
	kOrdinality
	kOver
	kPartition
	kPosition
	kPreceding
	kPrecision
	kRange
	kRespect
	kRow
	kRows
	kSecond
	kSets
	kShow
	kSome
	kSubstring
	kTables
	kTo
	kTrailing
	kTrim
	kTryCast
	kUnbounded
	kUnload
	kWeek
	kWindow
	kYear
	kindCount
)

// isIdent reports whether a token of this kind can be an identifier.
func (k kind) isIdent() bool { return k >= tQuoted }

// isWord reports whether k is a word of the grammar, reserved or not.
func (k kind) isWord() bool { return k >= kAlter && k != tQuoted && k != tIdent }

// kindNames are the texts of punctuation and, in upper case, of words; for the rest what they are.
var kindNames = [kindCount]string{
	tEnd: "end of statement", tInvalid: "invalid text", tString: "string", tUnicodeString: "string", tInt: "integer", tFloat: "number",
	tDuration: "interval", tParam: "parameter", tQuoted: "quoted identifier", tIdent: "identifier",

	tLeftParen: "(", tRightParen: ")", tLeftBracket: "[", tRightBracket: "]", tComma: ",", tDot: ".", tSemicolon: ";",
	tPlus: "+", tMinus: "-", tStar: "*", tSlash: "/", tPercent: "%", tConcat: "||", tEqual: "=", tNotEqual: "<>",
	tLess: "<", tLessEqual: "<=", tGreater: ">", tGreaterEqual: ">=", tArrow: "->", tFatArrow: "=>",

	kAlter: "ALTER", kAnd: "AND", kAs: "AS", kBetween: "BETWEEN", kBy: "BY", kCase: "CASE", kCast: "CAST",
	kConstraint: "CONSTRAINT", kCreate: "CREATE", kCross: "CROSS", kCube: "CUBE", kCurrentDate: "CURRENT_DATE",
	kCurrentTime: "CURRENT_TIME", kCurrentTimestamp: "CURRENT_TIMESTAMP", kCurrentUser: "CURRENT_USER",
	kDeallocate: "DEALLOCATE", kDelete: "DELETE", kDescribe: "DESCRIBE", kDistinct: "DISTINCT", kDrop: "DROP",
	kElse: "ELSE", kEndCase: "END", kEscape: "ESCAPE", kExcept: "EXCEPT", kExecute: "EXECUTE", kExists: "EXISTS",
	kExtract: "EXTRACT", kFalse: "FALSE", kFor: "FOR", kFrom: "FROM", kFull: "FULL", kGroup: "GROUP",
	kGrouping: "GROUPING", kHaving: "HAVING", kIn: "IN", kInner: "INNER", kInsert: "INSERT", kIntersect: "INTERSECT",
	kInto: "INTO", kIs: "IS", kJoin: "JOIN", kLeft: "LEFT", kLike: "LIKE", kLocaltime: "LOCALTIME",
	kLocaltimestamp: "LOCALTIMESTAMP", kNatural: "NATURAL", kNormalize: "NORMALIZE", kNot: "NOT", kNull: "NULL",
	kOn: "ON", kOr: "OR", kOrder: "ORDER", kOuter: "OUTER", kPrepare: "PREPARE", kRecursive: "RECURSIVE",
	kRight: "RIGHT", kRollup: "ROLLUP", kSelect: "SELECT", kTable: "TABLE", kThen: "THEN", kTrue: "TRUE",
	kUescape: "UESCAPE", kUnion: "UNION", kUnnest: "UNNEST", kUsing: "USING", kValues: "VALUES", kWhen: "WHEN",
	kWhere: "WHERE", kWith: "WITH",

	kAll: "ALL", kAnalyze: "ANALYZE", kAny: "ANY", kArray: "ARRAY", kAsc: "ASC", kBoth: "BOTH", kCurrent: "CURRENT",
	kDatabases: "DATABASES", kDay: "DAY", kDesc: "DESC", kDouble: "DOUBLE", kExplain: "EXPLAIN", kFetch: "FETCH",
	kFilter: "FILTER", kFirst: "FIRST", kFollowing: "FOLLOWING", kGroups: "GROUPS", kHour: "HOUR", kIgnore: "IGNORE",
	kInterval: "INTERVAL", kLast: "LAST", kLateral: "LATERAL", kLeading: "LEADING", kLimit: "LIMIT",
	kMeasures: "MEASURES", kMinute: "MINUTE", kMonth: "MONTH", kNext: "NEXT", kNulls: "NULLS", kOffset: "OFFSET",
	kOnly: "ONLY", kOrdinality: "ORDINALITY", kOver: "OVER", kPartition: "PARTITION", kPosition: "POSITION",
	kPreceding: "PRECEDING", kPrecision: "PRECISION", kRange: "RANGE", kRespect: "RESPECT", kRow: "ROW", kRows: "ROWS",
	kSecond: "SECOND", kSets: "SETS", kShow: "SHOW", kSome: "SOME", kSubstring: "SUBSTRING", kTables: "TABLES",
	kTo: "TO", kTrailing: "TRAILING", kTrim: "TRIM", kTryCast: "TRY_CAST", kUnbounded: "UNBOUNDED", kUnload: "UNLOAD",
	kWeek: "WEEK", kWindow: "WINDOW", kYear: "YEAR",
}

// wordTable finds the kind of a word: an open hash table, a third full, with linear probing. Zero (tEnd) is a free slot.
var wordTable = makeWordTable()

const wordSlots = 512

func makeWordTable() (table [wordSlots]kind) {
	for k := range kindCount {
		if !k.isWord() {
			continue
		}
		slot := wordHash(kindNames[k])
		for table[slot] != tEnd {
			slot = (slot + 1) % wordSlots
		}
		table[slot] = k
	}
	return table
}

// wordHash ignores case. The word has two characters or more.
func wordHash(word string) uint32 {
	n := len(word)
	h := uint32(n) + uint32(word[0]|0x20)*37 + uint32(word[1]|0x20)*101 + uint32(word[n-1]|0x20)*7 + uint32(word[n/2]|0x20)*331
	return h % wordSlots
}

// wordKind returns the kind of a word in any case: a word of the grammar, or tIdent.
func wordKind(word string) kind {
	if len(word) < 2 {
		return tIdent
	}
	for slot := wordHash(word); wordTable[slot] != tEnd; slot = (slot + 1) % wordSlots {
		if equalFold(word, kindNames[wordTable[slot]]) {
			return wordTable[slot]
		}
	}
	return tIdent
}

// equalFold compares identifiers without regard to case. Setting one bit folds a letter to lower case; no other
// character of an identifier becomes a letter by it, nor do two of them become equal.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if a[i]|0x20 != b[i]|0x20 {
			return false
		}
	}
	return true
}
