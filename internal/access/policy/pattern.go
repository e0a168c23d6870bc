package policy

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// symbol is one place of a pattern: a character, or one of the wildcards.
type symbol = rune

// The wildcards. No character has such a number.
const (
	anyText symbol = -1 // *
	anyChar symbol = -2 // ?
)

// pattern is a text with wildcards and policy variables.
type pattern struct {
	symbols []symbol // of a pattern without variables
	parts   []part   // of one with variables, else nil
}

// part is a piece of a pattern with variables: symbols, or the value of a key.
type part struct {
	symbols  []symbol
	variable string // a key in lower case, "" for none
}

// newPattern reads a pattern. wildcards says whether * and ? stand for others; variables, whether ${key} stands for the key's value.
func newPattern(text string, wildcards, variables bool) (*pattern, error) {
	p := &pattern{}
	var symbols []symbol
	for text != "" {
		if after, ok := strings.CutPrefix(text, "${"); ok && variables {
			name, rest, closed := strings.Cut(after, "}")
			text = rest
			switch {
			case !closed:
				return nil, fmt.Errorf("the variable ${%s has no end", after)
			case name == "*" || name == "?" || name == "$":
				symbols = append(symbols, rune(name[0]))
				continue
			case strings.Contains(name, ","):
				return nil, fmt.Errorf("the variable ${%s} has a default value, which is not supported", name)
			case !knownKey(foldKey(name)):
				return nil, fmt.Errorf("the variable ${%s} is not known", name)
			}
			p.parts = append(p.parts, part{symbols: symbols}, part{variable: foldKey(name)})
			symbols = nil
			continue
		}
		c, size := utf8.DecodeRuneInString(text)
		text = text[size:]
		switch {
		case c == '*' && wildcards:
			c = anyText
		case c == '?' && wildcards:
			c = anyChar
		}
		symbols = append(symbols, c)
	}
	if p.parts == nil {
		p.symbols = symbols
		return p, nil
	}
	p.parts = append(p.parts, part{symbols: symbols})
	return p, nil
}

// expand returns the symbols of a pattern with the values of its variables, which are no wildcards; false if one has no value.
func (p *pattern) expand(context Context) ([]symbol, bool) {
	if p.parts == nil {
		return p.symbols, true
	}
	var out []symbol
	for _, piece := range p.parts {
		if piece.variable == "" {
			out = append(out, piece.symbols...)
			continue
		}
		values, _ := context.values(piece.variable)
		if len(values) != 1 {
			return nil, false
		}
		out = append(out, []rune(values[0])...)
	}
	return out, true
}

// glob compares a text with symbols. It takes at most their product of steps.
func glob(symbols []symbol, text string) bool {
	if len(symbols) == 1 && symbols[0] == anyText {
		return true
	}
	chars := []rune(text)
	s, c := 0, 0
	star, starAt := -1, 0 // the last * seen, and up to where it reaches
	for c < len(chars) {
		switch {
		case s < len(symbols) && symbols[s] == anyText:
			star, starAt = s, c
			s++
		case s < len(symbols) && (symbols[s] == anyChar || symbols[s] == chars[c]):
			s++
			c++
		case star >= 0:
			starAt++
			s, c = star+1, starAt
		default:
			return false
		}
	}
	for s < len(symbols) && symbols[s] == anyText {
		s++
	}
	return s == len(symbols)
}

// arnParts is into how many parts colons divide an ARN: arn, partition, service, region, account, resource. The last may have
// colons.
const arnParts = 6

// matchesARN compares an ARN part by part, so that no wildcard reaches over the end of one.
func matchesARN(symbols []symbol, arn string) bool {
	parts := strings.SplitN(arn, ":", arnParts)
	if len(parts) < arnParts {
		return false
	}
	for i, text := range parts {
		own := symbols
		if i < arnParts-1 {
			end := indexSymbol(symbols, ':')
			if end < 0 {
				return false
			}
			own, symbols = symbols[:end], symbols[end+1:]
		}
		if !glob(own, text) {
			return false
		}
	}
	return true
}

func indexSymbol(symbols []symbol, want symbol) int {
	for i, s := range symbols {
		if s == want {
			return i
		}
	}
	return -1
}
