package function

import "testing"

func TestRegexpFunctions_4_10(t *testing.T) {
	checkSamples(t, []sample{
		{`regexp_like('1a 2b 14m', '\d+b')`, "true"}, {`regexp_like('abc', 'ABC')`, "false"}, {`regexp_like('abc', '(?i)ABC')`, "true"}, {`regexp_like('', '')`, "true"}, {`regexp_like('host-1', '^host-[0-9]$')`, "true"},
		{`regexp_like(NULL, 'a')`, "NULL"}, {`regexp_extract_all('1a 2b 14m', '\d+')`, "[1, 2, 14]"}, {`regexp_extract_all('1a 2b 14m', '(\d+)([a-z]+)', 2)`, "[a, b, m]"},
		{`regexp_extract_all('ab', '(a)|(b)', 2)`, "[NULL, b]"}, {`regexp_extract_all('x', 'y')`, "[]"}, {`regexp_extract('1a 2b', '\d+')`, "1"}, {`regexp_extract('1a 2b', '(\d+)([a-z]+)', 2)`, "a"},
		{`regexp_extract('x', '\d')`, "NULL"}, {`regexp_extract('b', '(a)|b', 1)`, "NULL"}, {`regexp_extract('a', 'a', 1)`, "error: Pattern has 0 groups. Cannot access group 1"},
		{`regexp_extract('a', 'a', -1)`, "error: Group cannot be negative"}, {`regexp_extract('xyz', '(?<n>y)', 1)`, "y"},
		{`regexp_replace('1a 2b 14m', '\d+[ab] ')`, "14m"}, {`regexp_replace('1a 2b 14m', '(\d+)([ab]) ', '3c$2 ')`, "3ca 3cb 14m"}, {`regexp_replace('ab', '(?<x>a)', '[${x}]')`, "[a]b"},
		{`regexp_replace('abc', 'b', '\$')`, "a$c"}, {`regexp_replace('abc', '(b)', '$1$1')`, "abbc"}, {`regexp_replace('abc', '(b)', '$11')`, "ab1c"}, {`regexp_replace('abc', 'b', '$0$0')`, "abbc"},
		{`regexp_replace('abc', '(x)?b', '<$1>')`, "a<>c"}, {`regexp_replace('abc', 'b', '\\')`, `a\c`}, {`regexp_replace('abc', 'x*', '-')`, "-a-b-c-"}, {`regexp_replace('baaac', 'a*', 'X')`, "XbXXcX"},
		{`regexp_replace('abc', 'b', '$')`, "error: Illegal replacement sequence: $"}, {`regexp_replace('abc', 'b', '$1')`, "error: Illegal replacement sequence: unknown group 1"},
		{`regexp_replace('abc', 'b', '$x')`, "error: Illegal replacement sequence: $x"}, {`regexp_replace('abc', 'b', '${n}')`, "error: Illegal replacement sequence: unknown group { n }"},
		{`regexp_replace('abc', 'b', '\')`, `error: Illegal replacement sequence: \`}, {`regexp_replace('', '^$', 'x')`, "x"},
		{`regexp_replace('new york', '(\w)(\w*)', x -> upper(x[1]) || lower(x[2]))`, "New York"}, {`regexp_replace('ab', '(a)', x -> NULL)`, "NULL"}, {`regexp_replace('xx', '(a)', x -> NULL)`, "xx"},
		{`regexp_replace('a1b2', '\d', x -> 'n')`, "anbn"}, {`regexp_replace('ab', '(c)?b', x -> concat_ws('', 'n', x[1]))`, "an"},
		{`regexp_split('1a 2b 14m', '\s*[a-z]+\s*')`, "[1, 2, 14, ]"}, {`regexp_split('a,b', ',')`, "[a, b]"}, {`regexp_split('ab', '')`, "[, a, b, ]"}, {`cardinality(regexp_split('a,', ','))`, "2"},
		{`regexp_count('1a 2b 14m', '\s*[a-z]+\s*')`, "3"}, {`regexp_count('aaa', '')`, "4"}, {`regexp_position('ä9', '\d')`, "2"}, {`regexp_position('x', '\d')`, "-1"},
	})
}

// A pattern is not looked at for rows that need no result.
func TestInvalidPatternFailsWhereItIsUsed(t *testing.T) {
	checkSamples(t, []sample{{"regexp_like(NULL, '(')", "NULL"}, {"regexp_like('a', '(')", "error: Invalid regular expression '(': Unclosed group"}})
}
