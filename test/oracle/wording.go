package oracle

import "regexp"

// rule rewrites a part of a text.
type rule struct {
	find    *regexp.Regexp
	replace string
}

// reworded are texts of errors that Trino words otherwise than the version that our texts follow, or than the service. They
// are applied in order to what Trino says.
var reworded = []rule{
	{regexp.MustCompile(`Function '([^']*)' not registered`), "Function $1 not registered"},
	{regexp.MustCompile(`\b(timestamp|time|varchar|char|decimal)\([0-9xyzp]+(?:, [0-9s]+)?\)`), "$1"},
	{regexp.MustCompile(`Column '(.*)' cannot be resolved`), "Column '$1' does not exist"},
	{regexp.MustCompile(`Cannot apply operator: (.*) (=|<>|<|<=|>|>=|\+|-|\*|/|%) (.*)$`), "'$2' cannot be applied to $1, $3"},
	{regexp.MustCompile(`Cannot check if (.*) is BETWEEN (.*) and (.*)$`), "Cannot check if $1 is BETWEEN $2 and $3"},
	{regexp.MustCompile(`Filter expression must`), "FILTER clause must"},
	{regexp.MustCompile(`Logical expression term`), "Side of logical expression"},
	{regexp.MustCompile(`Cannot negate (.*)$`), "Cannot negate value of type $1"},
	{regexp.MustCompile(`cannot be represented with`), "can not be represented with"},
	{regexp.MustCompile(`same type or coercible to a common type\..*`), "same type"},
	{regexp.MustCompile(`is not a valid TIMESTAMP field`), "is not a valid DATE field"},
	{regexp.MustCompile(`Window function system\.builtin\.`), "Window function "},
	{regexp.MustCompile(`Cannot use (\S+) for subscript of (.*)$`), "Cannot use subscript of type $1 on $2"},
	{regexp.MustCompile(`(Values rows have mismatched) sizes.*`), "$1 types"},
	{regexp.MustCompile(`Schema '.*' does not exist`), "Requested database not found"},
	{regexp.MustCompile(`Table '.*' does not exist`), "Requested table not found"},
	{regexp.MustCompile(`Unable to resolve reference (.*)$`), "Table '$1' not found"},
	{regexp.MustCompile(`Unexpected parameters \((.*), (\S+)\) for function concat\. .*`), "'||' cannot be applied to $1, $2"},
	{regexp.MustCompile(`Cannot nest window functions.*`), "Cannot nest window functions"},
	{regexp.MustCompile(`HAVING clause cannot contain window functions or row pattern measures`), "HAVING clause cannot contain aggregations, window functions or grouping operations"},
}

// unheeded are parts of texts, ours and Trino's, that may differ: places, which Trino has moved, lists of signatures, which have
// types that we do not have, and how expressions are printed.
var unheeded = []rule{
	{regexp.MustCompile(`line \d+:\d+: `), ""},
	{regexp.MustCompile(`Expected: .*`), "Expected"},
	{regexp.MustCompile(`(?:Left|Right) side of logical`), "Side of logical"},
	{regexp.MustCompile(`(must be the same type): .*`), "$1"},
	{regexp.MustCompile(`'>(=?)' cannot`), "'<$1 cannot"},
	{regexp.MustCompile(`'<(=?)' cannot`), "'<$1 cannot"},
	{regexp.MustCompile(`is not a valid (?i:(\w+) literal)`), "is not a valid literal"},
	{regexp.MustCompile(`(Values rows have mismatched types).*`), "$1"},
	{regexp.MustCompile(`(grouping operations|Cannot nest [a-z ]*functions).*`), "$1"},
	{regexp.MustCompile(`Requested (database|table) .*not found.*`), "Requested $1 not found"},
	{regexp.MustCompile(`(Cannot nest aggregations inside aggregation '\w+').*`), "$1"},
	{regexp.MustCompile(`'.*' (must be an aggregate expression)`), "$1"},
	{regexp.MustCompile(`(Invalid regular expression).*`), "$1"},
	{regexp.MustCompile(`The query syntax is invalid at line .*`), "The query syntax is invalid"},
}

// regexpProblems are the names of what Trino says of an invalid regular expression.
var regexpProblems = regexp.MustCompile(`^(end pattern|invalid|target of|premature|too |undefined|unmatched|numbered backref|empty|group |never ending|char-class|illegal|nested repeat|Index \d|upper is smaller)`)

// wording writes the text of an error of Trino as we do.
func wording(name, text string) string {
	if name == "SYNTAX_ERROR" {
		if m := place.FindStringSubmatch(text); m != nil {
			return "The query syntax is invalid at line " + m[1] + ":" + m[2]
		}
	}
	if regexpProblems.MatchString(text) {
		return "Invalid regular expression"
	}
	return apply(reworded, text)
}

func apply(rules []rule, text string) string {
	for _, r := range rules {
		text = r.find.ReplaceAllString(text, r.replace)
	}
	return text
}
