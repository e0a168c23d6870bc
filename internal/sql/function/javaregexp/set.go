package javaregexp

import (
	"slices"
	"strings"
	"sync"
	"unicode"
)

// runeRange is the characters from lo to hi, both included.
type runeRange struct{ lo, hi rune }

// runeSet is a set of characters: ranges in ascending order that do not touch.
type runeSet []runeRange

// newRuneSet brings ranges in any order into the form of a set.
func newRuneSet(ranges ...runeRange) runeSet {
	sorted := slices.Clone(ranges)
	slices.SortFunc(sorted, func(a, b runeRange) int { return int(a.lo) - int(b.lo) })
	var s runeSet
	for _, r := range sorted {
		if n := len(s); n > 0 && r.lo <= s[n-1].hi+1 {
			s[n-1].hi = max(s[n-1].hi, r.hi)
		} else {
			s = append(s, r)
		}
	}
	return s
}

func (s runeSet) union(t runeSet) runeSet {
	return newRuneSet(append(slices.Clone(s), t...)...)
}

func (s runeSet) complement() runeSet {
	var out runeSet
	next := rune(0)
	for _, r := range s {
		if r.lo > next {
			out = append(out, runeRange{next, r.lo - 1})
		}
		next = r.hi + 1
	}
	if next <= unicode.MaxRune {
		out = append(out, runeRange{next, unicode.MaxRune})
	}
	return out
}

func (s runeSet) intersect(t runeSet) runeSet {
	return s.complement().union(t.complement()).complement()
}

// casedRunes is all characters that have another case.
var casedRunes = sync.OnceValue(func() []rune {
	var cased []rune
	for c := rune(0); c <= 0x1FFFF; c++ { // there are no scripts with cases beyond
		if unicode.SimpleFold(c) != c {
			cased = append(cased, c)
		}
	}
	return cased
})

// contains reports whether c is in the set.
func (s runeSet) contains(c rune) bool {
	_, found := slices.BinarySearchFunc(s, c, func(r runeRange, c rune) int {
		switch {
		case r.hi < c:
			return -1
		case r.lo > c:
			return 1
		}
		return 0
	})
	return found
}

// fold adds the characters that differ from those in the set only by case.
func (s runeSet) fold() runeSet {
	more := slices.Clone(s)
	for _, c := range casedRunes() {
		if !s.contains(c) {
			continue
		}
		for f := unicode.SimpleFold(c); f != c; f = unicode.SimpleFold(f) {
			more = append(more, runeRange{f, f})
		}
	}
	return newRuneSet(more...)
}

// write writes the ranges as they stand within brackets; both engines read them. Surrogates, which are no characters, are
// left out since they cannot be written.
func (s runeSet) write(out *strings.Builder) {
	const firstSurrogate, lastSurrogate = 0xD800, 0xDFFF
	for _, r := range s {
		if r.lo >= firstSurrogate && r.lo <= lastSurrogate {
			r.lo = lastSurrogate + 1
		}
		if r.hi >= firstSurrogate && r.hi <= lastSurrogate {
			r.hi = firstSurrogate - 1
		}
		if r.lo > r.hi {
			continue
		}
		writeClassRune(out, r.lo)
		if r.hi > r.lo {
			out.WriteByte('-')
			writeClassRune(out, r.hi)
		}
	}
}

func writeClassRune(out *strings.Builder, r rune) {
	if strings.ContainsRune(`\[]^-&~|#`, r) {
		out.WriteByte('\\')
	}
	out.WriteRune(r)
}

// tableSet turns a table of package unicode into a set.
func tableSet(tables ...*unicode.RangeTable) runeSet {
	var ranges []runeRange
	add := func(lo, hi, stride rune) {
		if stride == 1 {
			ranges = append(ranges, runeRange{lo, hi})
			return
		}
		for ; lo <= hi; lo += stride {
			ranges = append(ranges, runeRange{lo, lo})
		}
	}
	for _, t := range tables {
		for _, r := range t.R16 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
		for _, r := range t.R32 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
	}
	return newRuneSet(ranges...)
}

// chars is the set of single characters.
func chars(s string) runeSet {
	var ranges []runeRange
	for _, r := range s {
		ranges = append(ranges, runeRange{r, r})
	}
	return newRuneSet(ranges...)
}

// The sets of Java's predefined classes; the letters in upper case are the complements.
var (
	digitSet      = newRuneSet(runeRange{'0', '9'})
	wordSet       = newRuneSet(runeRange{'0', '9'}, runeRange{'A', 'Z'}, runeRange{'a', 'z'}, runeRange{'_', '_'})
	spaceSet      = chars(" \t\n\v\f\r")
	horizontalSet = newRuneSet(append(chars(" \t\u00a0\u1680\u180e\u202f\u205f\u3000"), runeRange{0x2000, 0x200a})...)
	verticalSet   = chars("\n\v\f\r\u0085\u2028\u2029")
)

var predefinedSets = map[rune]runeSet{'d': digitSet, 'w': wordSet, 's': spaceSet, 'h': horizontalSet, 'v': verticalSet}

// posixSets are Java's POSIX classes, which are ASCII only.
var posixSets = map[string]runeSet{
	"lower": newRuneSet(runeRange{'a', 'z'}), "upper": newRuneSet(runeRange{'A', 'Z'}), "ascii": newRuneSet(runeRange{0, 0x7f}),
	"alpha": newRuneSet(runeRange{'A', 'Z'}, runeRange{'a', 'z'}), "digit": digitSet,
	"alnum": newRuneSet(runeRange{'0', '9'}, runeRange{'A', 'Z'}, runeRange{'a', 'z'}),
	"punct": chars("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"), "graph": newRuneSet(runeRange{0x21, 0x7e}), "print": newRuneSet(runeRange{0x20, 0x7e}),
	"blank": chars(" \t"), "cntrl": newRuneSet(runeRange{0, 0x1f}, runeRange{0x7f, 0x7f}),
	"xdigit": newRuneSet(runeRange{'0', '9'}, runeRange{'A', 'F'}, runeRange{'a', 'f'}), "space": spaceSet, "word": wordSet,
}

// binarySets are Unicode's binary properties and the names of java.lang.Character's methods.
var binarySets = map[string]func() runeSet{
	"alphabetic": func() runeSet { return tableSet(unicode.L, unicode.Nl, unicode.Other_Alphabetic) },
	"lowercase":  func() runeSet { return tableSet(unicode.Ll, unicode.Other_Lowercase) }, "javalowercase": func() runeSet { return tableSet(unicode.Ll) },
	"uppercase": func() runeSet { return tableSet(unicode.Lu, unicode.Other_Uppercase) }, "javauppercase": func() runeSet { return tableSet(unicode.Lu) },
	"titlecase": func() runeSet { return tableSet(unicode.Lt) }, "javatitlecase": func() runeSet { return tableSet(unicode.Lt) },
	"letter": func() runeSet { return tableSet(unicode.L) }, "javaletter": func() runeSet { return tableSet(unicode.L) },
	"javaalphabetic": func() runeSet { return tableSet(unicode.L, unicode.Nl, unicode.Other_Alphabetic) },
	"javadigit":      func() runeSet { return tableSet(unicode.Nd) }, "javaletterordigit": func() runeSet { return tableSet(unicode.L, unicode.Nd) },
	"javawhitespace": func() runeSet { return tableSet(unicode.Z).union(newRuneSet(runeRange{9, 13}, runeRange{0x1c, 0x1f})) },
	"punctuation":    func() runeSet { return tableSet(unicode.P) }, "control": func() runeSet { return tableSet(unicode.Cc) },
	"whitespace": func() runeSet { return tableSet(unicode.White_Space) }, "ideographic": func() runeSet { return tableSet(unicode.Ideographic) },
	"hexdigit": func() runeSet { return tableSet(unicode.Hex_Digit) }, "assigned": func() runeSet { return assignedSet() },
	"any": func() runeSet { return newRuneSet(runeRange{0, unicode.MaxRune}) }, "all": func() runeSet { return newRuneSet(runeRange{0, unicode.MaxRune}) },
	"l1": func() runeSet { return newRuneSet(runeRange{0, 0xff}) },
}

func assignedSet() runeSet {
	return tableSet(unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.C)
}

// blocks are the blocks that \p{InName} knows: those of the living scripts' main ranges.
var blocks = map[string]runeRange{
	"basiclatin": {0, 0x7f}, "latin1supplement": {0x80, 0xff}, "latinextendeda": {0x100, 0x17f}, "latinextendedb": {0x180, 0x24f},
	"greek": {0x370, 0x3ff}, "greekandcoptic": {0x370, 0x3ff}, "cyrillic": {0x400, 0x4ff}, "armenian": {0x530, 0x58f}, "hebrew": {0x590, 0x5ff},
	"arabic": {0x600, 0x6ff}, "devanagari": {0x900, 0x97f}, "bengali": {0x980, 0x9ff}, "tamil": {0xb80, 0xbff}, "thai": {0xe00, 0xe7f},
	"georgian": {0x10a0, 0x10ff}, "hanguljamo": {0x1100, 0x11ff}, "mongolian": {0x1800, 0x18af}, "generalpunctuation": {0x2000, 0x206f},
	"currencysymbols": {0x20a0, 0x20cf}, "arrows": {0x2190, 0x21ff}, "mathematicaloperators": {0x2200, 0x22ff}, "boxdrawing": {0x2500, 0x257f},
	"hiragana": {0x3040, 0x309f}, "katakana": {0x30a0, 0x30ff}, "cjkunifiedideographs": {0x4e00, 0x9fff}, "hangulsyllables": {0xac00, 0xd7af},
	"halfwidthandfullwidthforms": {0xff00, 0xffef}, "emoticons": {0x1f600, 0x1f64f},
}

// propertySet finds the set of \p{name}: a category, a script, a block, a binary property or a POSIX class, with the
// prefixes that Java knows.
func propertySet(name string) (runeSet, bool) {
	if key, value, ok := strings.Cut(name, "="); ok {
		switch strings.ToLower(key) {
		case "sc", "script", "gc", "general_category", "is":
			return propertySet(value)
		case "blk", "block":
			return propertySet("In" + value)
		}
		return nil, false
	}
	for _, table := range []map[string]*unicode.RangeTable{unicode.Categories, unicode.Scripts} {
		for _, candidate := range []string{name, strings.TrimPrefix(name, "Is")} {
			if t := table[candidate]; t != nil {
				return tableSet(t), true
			}
		}
	}
	plain := strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(name))
	if s, ok := posixSets[plain]; ok {
		return s, true
	}
	if name, isBlock := strings.CutPrefix(plain, "in"); isBlock {
		if r, ok := blocks[name]; ok {
			return newRuneSet(r), true
		}
	}
	plain = strings.TrimPrefix(plain, "is")
	if make, ok := binarySets[plain]; ok {
		return make(), true
	}
	for script, table := range unicode.Scripts {
		if strings.ToLower(strings.ReplaceAll(script, "_", "")) == plain {
			return tableSet(table), true
		}
	}
	return nil, false
}
