package differential_test

import (
	"fmt"
	"regexp"
	"strings"
)

// Templates are the grammar of expressions: by type, the ways to make one. In braces stand types of expressions to be put
// there; T and U are types chosen for one use of a template. "{T#1}" also names an expression, and "{#1}" is the same one again. "$1" is
// the name of a lambda's parameter, and "{boolean|$1:T}" an expression that may use it. "exact" is a double whose sums do not depend
// on their order.
//
// A template that begins with "!" can fail and stands inside of TRY unless the statement is allowed to fail, one with "?" is for
// statements that are, and one with "~" has inexact last digits, which are rounded away.

// anyTypes is the key of templates for all types.
const anyTypes = "T"

var templates = map[string][]string{
	anyTypes: {
		"CASE WHEN {boolean} THEN {T} WHEN {boolean} THEN {T} ELSE {T} END", "CASE WHEN {boolean} THEN {T} END",
		"CASE {U} WHEN {U} THEN {T} WHEN {U} THEN {T} END", "IF({boolean}, {T}, {T})", "IF({boolean}, {T})", "COALESCE({T}, {T})",
		"COALESCE({T}, {T}, {T})", "NULLIF({T}, {T})", "TRY({T})", "element_at({array(T)}, {integer})", "!{array(T)}[{integer}]",
		"reduce({array(U)}, {T}, ($1, $2) -> {T|$1:T,$2:U}, $1 -> {T|$1:T})", "array_first({array(T)})", "array_last({array(T)})",
	},
	"scalar": { // for all types that have no parts
		"greatest({T}, {T})", "least({T}, {T}, {T})", "array_max({array(T)})", "array_min({array(T)})",
	},
	"boolean": {
		"({T} = {T})", "({T} <> {T})", "({S} < {S})", "({S} <= {S})", "({S} > {S})", "({S} >= {S})", "({T} IS NULL)", "({T} IS NOT NULL)",
		"({T} IS DISTINCT FROM {T})", "({S} BETWEEN {S} AND {S})", "({T} IN ({T}, {T}, {T}))", "({T} NOT IN ({T}, {T}))",
		"({S} = {literal S} OR {S} = {literal S})", "({S#1} = {literal S} OR {#1} = {literal S} OR {#1} IN ({literal S}, {literal S}))",
		"(NOT {boolean})", "({boolean} AND {boolean})", "({boolean} OR {boolean})", "({boolean} AND {boolean} AND {boolean})",
		"({varchar} LIKE {literal varchar})", "({varchar} LIKE '%a%')", "({varchar} LIKE 'a_')", "starts_with({varchar}, {varchar})",
		"({bigint} < {double})", "({integer} = {bigint})", "({double} >= {integer})", "({date} <= {timestamp})", "({timestamp} > '2024-01-01 00:10')",
		"!({array(S)} < {array(S)})", "contains({array(T)}, {T})", "arrays_overlap({array(T)}, {array(T)})", "is_nan({double})", "is_finite({double})",
		"any_match({array(T)}, $1 -> {boolean|$1:T})", "all_match({array(T)}, $1 -> {boolean|$1:T})", "none_match({array(T)}, $1 -> {boolean|$1:T})",
		"(ROW({T}, {U}) = ROW({T}, {U}))", "(({T}, {U}) IN (({T}, {U}), ({T}, {U})))", "try_cast({varchar} AS boolean)", "CAST({bigint} AS boolean)",
	},
	"integer": {
		"!({integer} + {integer})", "!({integer} - {integer})", "!({integer} * {integer})", "!({integer} / {integer})", "!({integer} % {integer})",
		"!(-{integer})", "!abs({integer})", "sign({integer})", "!CAST({bigint} AS integer)", "try_cast({varchar} AS integer)", "!round({integer}, {integer})",
		"!codepoint({varchar})", "reduce({array(integer)}, 0, ($1, $2) -> COALESCE($1 % 100 + $2 % 100, 7), $1 -> $1)",
	},
	"bigint": {
		"!({bigint} + {bigint})", "!({bigint} - {integer})", "!({bigint} * {bigint})", "!({bigint} / {bigint})", "!({bigint} % {integer})",
		"!abs({bigint})", "sign({bigint})", "length({varchar})", "cardinality({array(T)})", "cardinality({timeseries(T)})", "strpos({varchar}, {varchar})",
		"bitwise_and({bigint}, {bigint})", "bitwise_xor({bigint}, {bigint})", "!CAST({double} AS bigint)", "try_cast({varchar} AS bigint)",
		"year({timestamp})", "month({date})", "day({timestamp})", "hour({timestamp})", "minute({time})", "second({interval day to second})",
		"day_of_week({timestamp})", "week({date})", "quarter({timestamp})", "doy({timestamp})", "date_diff({unit}, {timestamp}, {timestamp})",
		"to_milliseconds({timestamp})", "!to_nanoseconds({interval day to second})", "array_position({array(T)}, {T})", "CAST({integer} AS bigint)",
		"levenshtein_distance({varchar}, {varchar})", "!mod({bigint}, {bigint})", "month({interval year to month})", "date_diff('day', {date}, {date})",
		"!round({bigint}, {integer})", "strrpos({varchar}, {varchar})", "floor({bigint})",
		"millisecond({timestamp})", "nanosecond({time})", "year_of_week({date})", "week({timestamp})", "hour({time})", "day({interval day to second})", "nanosecond({interval day to second})",
		"!hamming_distance({varchar}, {varchar})", "!strpos({varchar}, {varchar}, {literal integer})", "!bit_count({bigint}, {literal integer})", "bitwise_not({integer})",
		"!width_bucket({double}, {double}, {double}, {literal integer})", "!width_bucket({double}, {array(double)})", "!from_base({varchar}, 16)",
		"date_diff('minute', {time}, {time})", "reduce({array(bigint)}, 0, ($1, $2) -> $1 % 100 + $2 % 100, $1 -> $1)",
	},
	"double": {
		"({double} + {double})", "({double} - {bigint})", "({double} * {double})", "({double} / {double})", "({double} % {double})", "(-{double})",
		"abs({double})", "floor({double})", "ceil({double})", "round({double})", "round({double}, {literal integer})", "truncate({double})", "sign({double})",
		"sqrt({double})", "exp({double})", "ln({double})", "power({double}, {double})", "CAST({bigint} AS double)", "try_cast({varchar} AS double)",
		"to_unixtime({timestamp})", "~interpolate_linear({timeseries(double)}, {timestamp})", "~integral_trapezoidal({timeseries(double)})",
		"{exact}", "mod({double}, {double})", "interpolate_locf({timeseries(bigint)}, {timestamp})", "interpolate_fill({timeseries(double)}, {timestamp}, {double})",
		"~interpolate_spline_cubic({timeseries(bigint)}, {timestamp})", "!cosine_similarity({array(double)}, {array(double)})",
		"reduce({array(double)}, {integer}, ($1, $2) -> $1 + COALESCE($2, 1), $1 -> $1)",
	},
	"exact": {
		"{exact}", "CASE WHEN {boolean} THEN {exact} END", "COALESCE({exact}, 0.5)", "IF({boolean}, {exact}, nan())", "({exact} * 2)",
		"floor(CASE WHEN abs({double#1}) < 1e6 THEN {#1} END)", "CAST({bigint} % 1000 AS double)", "IF({boolean}, {exact}, infinity())",
	},
	"varchar": {
		"({varchar} || {varchar})", "concat({varchar}, {varchar}, {varchar})", "lower({varchar})", "upper({varchar})", "reverse({varchar})",
		"substr({varchar}, {literal integer})", "substr({varchar}, {literal integer}, {literal integer})", "replace({varchar}, {varchar}, {varchar})", "trim({varchar})",
		"!lpad({varchar}, {literal integer} % 10, {varchar})", "!split_part({varchar}, {varchar}, {literal integer})", "CAST({bigint} AS varchar)", "CAST({boolean} AS varchar)",
		"CAST({timestamp} AS varchar)", "CAST({date} AS varchar)", "CAST({interval day to second} AS varchar)", "CAST({exact} + 0.0 AS varchar)",
		"array_join({array(varchar)}, '-')", "array_join({array(bigint)}, ',', 'none')", "concat_ws('-', {varchar}, {varchar})", "date_format({timestamp}, '%Y-%m-%d %H:%i')",
		"typeof({T})", "!chr({bigint})", "interpolate_locf({timeseries(varchar)}, {timestamp})",
		"soundex({varchar})", "!to_base({bigint}, {literal integer})", "!rpad({varchar}, {literal integer} % 10, {varchar})", "ltrim({varchar})", "rtrim({varchar})",
		"translate({varchar}, {varchar}, {varchar})", "to_iso8601({timestamp})", "to_iso8601({date})", "CAST({time} AS varchar)", "CAST({interval year to month} AS varchar)",
	},
	"timestamp": {
		"!bin({timestamp}, {width})", "!bin({timestamp}, {width})", "!({timestamp} + {interval day to second})", "!({timestamp} - {interval day to second})",
		"!({timestamp} + {interval year to month})", "!date_trunc({unit}, {timestamp})", "!date_add({unit}, {literal integer}, {timestamp})", "!CAST({date} AS timestamp)",
		"try_cast({varchar} AS timestamp)", "!from_milliseconds({bigint})", "from_nanoseconds({bigint})", "!ago({interval day to second})",
		"!from_unixtime({exact})", "!from_iso8601_timestamp(to_iso8601({timestamp}) || 'Z')", "!from_iso8601_timestamp(to_iso8601({timestamp}) || '-05:30')", "!from_iso8601_timestamp({varchar})",
	},
	"date": {
		"CAST({timestamp} AS date)", "date({timestamp})", "!({date} + {interval year to month})", "!date_add('month', {literal integer}, {date})", "!date_trunc('month', {date})",
		"last_day_of_month({timestamp})", "try_cast({varchar} AS date)", "!({date} - INTERVAL '3' DAY)",
		"last_day_of_month({date})", "!from_iso8601_date(to_iso8601({date}))", "!from_iso8601_date({varchar})", "!date_trunc('quarter', {date})", "!date_add('week', {literal integer}, {date})",
	},
	"time":                   {"CAST({timestamp} AS time)", "({time} + {interval day to second})", "!date_trunc('hour', {time})", "!date_add('minute', {integer}, {time})"},
	"interval day to second": {"!({timestamp} - {timestamp})", "!({interval day to second} * {integer})", "!({interval day to second} + {interval day to second})", "!({date} - {date})", "!({interval day to second} / {integer})"},
	"interval year to month": {"!({interval year to month} + {interval year to month})", "!({interval year to month} * {literal integer})", "!(-{interval year to month})"},
	"array": { // array(T)
		"ARRAY[{T}, {T}]", "ARRAY[{T}]", "ARRAY[{T}, {T}, {T}]", "array_distinct({array(T)})", "({array(T)} || {array(T)})", "({array(T)} || {T})",
		"array_union({array(T)}, {array(T)})", "array_intersect({array(T)}, {array(T)})", "array_except({array(T)}, {array(T)})", "array_remove({array(T)}, {T})",
		"reverse({array(T)})", "!slice({array(T)}, {literal integer}, {literal integer})", "filter({array(T)}, $1 -> {boolean|$1:T})",
		"transform({array(U)}, $1 -> {T|$1:U})", "zip_with({array(U)}, {array(T)}, ($1, $2) -> {T|$1:U,$2:T})", "!repeat({T}, {literal integer} % 4)",
		"concat({array(T)}, {array(T)})", "flatten(ARRAY[{array(T)}, {array(T)}])", "!trim_array({array(T)}, abs({literal integer} % 3))",
	},
	"array(bigint)":    {"!sequence({bigint}, {bigint}, {literal integer})", "sequence(1, 4)", "array_sort({array(bigint)})", "!combinations({array(bigint)}, 2)[{literal integer}]"},
	"array(timestamp)": {"!sequence({timestamp}, {timestamp}, {width})", "sequence(TIMESTAMP '2024-01-01', TIMESTAMP '2024-01-01 00:30', 5m)"},
	"array(varchar)":   {"!split({varchar}, {varchar})", "split('a,b,,c', ',')"},
	"timeseries": { // timeseries(T)
		"filter({timeseries(T)}, $1 -> $1.value IS NOT NULL)", "filter({timeseries(T)}, $1 -> {boolean|$1.value:T,$1.time:timestamp})",
		"interpolate_locf({timeseries(T)}, {array(timestamp)})", "!interpolate_fill({timeseries(T)}, {array(timestamp)}, {T})",
	},
}

// aggregateTemplates are the aggregates by type of result; their arguments are over the rows of the groups. Those that
// depend on the order of rows have an ORDER BY that leaves no choice, and so has the second argument of max_by.
var aggregateTemplates = map[string][]string{
	anyTypes: {"max_by({T#1}, ROW({U}, {#1}))", "min_by({T#1}, ROW({#1}))"},
	"scalar": {"max({T})", "min({T})", "max({T})", "min(DISTINCT {T})"},
	"bigint": {
		"count(*)", "count({T})", "count(DISTINCT {T})", "count_if({boolean})", "sum({bigint} % 1000)", "?sum({bigint})", "sum(DISTINCT {bigint} % 100)",
		"approx_distinct({T})", "bitwise_and_agg({bigint})", "bitwise_or_agg({integer})", "approx_percentile({bigint}, 0.5)",
		"bitwise_xor_agg({bigint})", "approx_percentile({bigint}, abs({bigint} % 5) + 1, 0.5)", "regr_count({exact}, {double})",
	},
	"double": {
		"sum({exact})", "avg({exact})", "avg({bigint} % 1000)", "~stddev({exact})", "~var_pop({exact})", "~corr({exact}, {exact})", "~covar_samp({exact}, {exact})",
		"approx_percentile({double}, 0.25)", "approx_percentile({double}, 0.9)", "~regr_slope({exact}, {exact})", "sum(DISTINCT {exact})", "~skewness({exact})",
		"~regr_avgx({exact}, CAST({bigint} % 1000 AS double))", "~regr_sxy({exact}, {exact})", "~regr_syy({exact}, {exact})", "~regr_r2({exact}, {exact})", "~geometric_mean({exact})", "~entropy(abs({exact}))", "~kurtosis({exact})",
	},
	"boolean":                {"bool_and({boolean})", "bool_or({boolean})", "every({boolean})"},
	"varchar":                {"listagg({varchar#1}, ',' ORDER BY {#1})"},
	"array":                  {"array_agg({T#1} ORDER BY {#1})", "array_agg(DISTINCT {T#1} ORDER BY {#1} DESC)", "max({S=T}, 2)", "min({S=T}, 3)"},
	"timeseries":             {"create_time_series({timestamp#1}, {T#2} ORDER BY {#1}, {#2})"},
	"interval day to second": {"?sum({interval day to second})", "avg({interval day to second})"},
}

// inner are the names of what stands in braces.
var inner = regexp.MustCompile(`\{([^}]*)\}|\$\d`)

// fill makes an expression of type typ from a template; elem is what T stands for.
func (g *generator) fill(template, typ, elem string, s *scope, depth int) *tree {
	mark := template[0]
	template = strings.TrimLeft(template, "!?~")
	types := map[string]string{"T": elem, "U": g.anyType(), "S": g.scalarType()}
	if types["T"] == "" {
		types["T"] = g.anyType()
	}
	named, params := map[string]*tree{}, map[string]string{}
	var parts []any
	at := 0
	for _, m := range inner.FindAllStringSubmatchIndex(template, -1) {
		parts = append(parts, template[at:m[0]])
		at = m[1]
		if m[2] < 0 {
			parts = append(parts, g.param(template[m[0]:m[1]], params))
		} else {
			parts = append(parts, g.hole(template[m[2]:m[3]], types, named, params, s, depth))
		}
	}
	out := expr(typ, append(parts, template[at:])...)
	switch {
	case mark == '~':
		out = expr(typ, "(round(", out, " + 0.0000137, 4) + 0.0)") // moved, for decimals that lie in the middle
	case mark == '!' && (!g.mayFail || g.chance(2)):
		out = expr(typ, "TRY(", out, ")")
	}
	return out
}

// param returns the name of a lambda's parameter.
func (g *generator) param(mark string, params map[string]string) string {
	if params[mark] == "" {
		g.names++
		params[mark] = fmt.Sprintf("p%d", g.names)
	}
	return params[mark]
}

// hole makes what stands in braces.
func (g *generator) hole(hole string, types map[string]string, named map[string]*tree, params map[string]string, s *scope, depth int) *tree {
	hole, extra, _ := strings.Cut(hole, "|")
	hole, name, isNamed := strings.Cut(hole, "#")
	if isNamed && hole == "" {
		return named[name]
	}
	hole, literal := strings.CutPrefix(hole, "literal ")
	typ := substitute(hole, types)
	if extra != "" {
		s = s.child()
		for _, p := range strings.Split(extra, ",") {
			mark, t, _ := strings.Cut(p, ":")
			s.cols = append(s.cols, column{text: g.param(mark[:2], params) + mark[2:], typ: substitute(t, types)})
		}
		s.aggregate, s.window, s.subqueries, s.lambda = nil, false, false, true
	}
	var out *tree
	switch {
	case literal || typ == "unit" || typ == "width":
		out = g.literal(typ)
	default:
		out = g.expr(typ, s, depth-1)
	}
	if isNamed {
		named[name] = out
	}
	return out
}

// substitute replaces type variables.
func substitute(t string, types map[string]string) string {
	switch t {
	case "T", "U", "S":
		return types[t]
	case "S=T":
		return types["T"]
	}
	for _, outer := range []string{"array", "timeseries"} {
		if elem, ok := strings.CutPrefix(t, outer+"("); ok {
			return outer + "(" + substitute(strings.TrimSuffix(elem, ")"), types) + ")"
		}
	}
	return t
}
