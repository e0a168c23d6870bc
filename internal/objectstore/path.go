package objectstore

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Where an object of the local store lies. A bucket is a folder. The parts of a key between its slashes become folders and,
// the last one, a file, whose names are those of the parts as far as possible:
//
//	reports/devops/cpu/1.json    ->  reports+/devops+/cpu+/1.json
//	a//B                         ->  a+/%+/!b
//
// Every key has exactly one place, and no other key has it, whatever the file system makes of case, of Unicode and of odd
// names:
//   - Folders end in "+", so that the keys "a" and "a/b" can both be there.
//   - Lower-case letters, digits, "-", "_" and "." stand for themselves, "!a" for "A", "%2b" for "+" and so on by byte.
//   - "%" is the empty part. A dot at the end is "%2e": no name is "." or "..", and Windows cuts none off.
//   - Names that Windows takes for devices, with any extension, have their first letter as "%63".
//   - A part whose name would have pieceBytesMin bytes or more is cut into pieces; all but the last are folders that end in "~".

// pieceBytesMin is the length from which on a name is cut: no file system takes more than 255 bytes.
const pieceBytesMin = 200

// Marks at the end of folders' names.
const (
	folderMark = '+' // a slash follows
	pieceMark  = '~' // the part goes on
)

// keyPath returns the place of a key below its bucket's folder, as the names of folders and, last, of the file.
func keyPath(key string) []string {
	var names []string
	parts := strings.Split(key, "/")
	for i, part := range parts {
		names = append(names, partNames(part)...)
		if i < len(parts)-1 {
			names[len(names)-1] += string(folderMark)
		}
	}
	return names
}

// partNames returns the names that stand for a part of a key: one, or more for a long part.
func partNames(part string) []string {
	var names []string
	var name strings.Builder
	for i := range len(part) {
		if name.Len() >= pieceBytesMin {
			names = append(names, finishName(name.String())+string(pieceMark))
			name.Reset()
		}
		writeByte(&name, part[i])
	}
	if name.Len() >= pieceBytesMin { // so that the names of one beginning all lie in one folder
		names = append(names, finishName(name.String())+string(pieceMark))
		name.Reset()
	}
	return append(names, finishName(name.String()))
}

// writeByte adds what stands for a byte.
func writeByte(name *strings.Builder, c byte) {
	switch {
	case c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.':
		name.WriteByte(c)
	case c >= 'A' && c <= 'Z':
		name.WriteByte('!')
		name.WriteByte(c - 'A' + 'a')
	default:
		fmt.Fprintf(name, "%%%02x", c)
	}
}

// finishName makes a name safe as a whole.
func finishName(name string) string {
	if name == "" {
		return "%"
	}
	if device(name) {
		name = fmt.Sprintf("%%%02x%s", name[0], name[1:])
	}
	if rest, ok := strings.CutSuffix(name, "."); ok {
		name = rest + "%2e"
	}
	return name
}

// device reports whether Windows takes a name for a device, whatever follows a dot in it.
func device(name string) bool {
	stem, _, _ := strings.Cut(name, ".")
	switch stem {
	case "con", "prn", "aux", "nul":
		return true
	}
	return len(stem) == 4 && (stem[:3] == "com" || stem[:3] == "lpt") && stem[3] >= '0' && stem[3] <= '9'
}

// entry is one name in a folder: a piece of keys.
type entry struct {
	name   string // on disk
	text   string // what it stands for, with the slash if one follows
	folder bool
}

// readEntries returns what the names of a folder stand for, in order of the keys. Names that no key has are left out.
func readEntries(names []string) []entry {
	out := make([]entry, 0, len(names))
	for _, name := range names {
		if e, ok := readEntry(name); ok {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b entry) int { return strings.Compare(a.text, b.text) })
	return out
}

// readEntry returns what a name stands for, false if it stands for nothing.
func readEntry(name string) (entry, bool) {
	e := entry{name: name}
	body, after := name, ""
	if rest, ok := strings.CutSuffix(name, string(folderMark)); ok {
		body, after, e.folder = rest, "/", true
	} else if rest, ok := strings.CutSuffix(name, string(pieceMark)); ok {
		if body, e.folder = rest, true; len(rest) < pieceBytesMin {
			return entry{}, false
		}
	}
	text, ok := readName(body)
	e.text = text + after
	return e, ok
}

// readName returns what a name stands for, without its mark. It is false for names that are not what this package writes.
func readName(name string) (string, bool) {
	if name == "%" {
		return "", true
	}
	var text []byte
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c == '%':
			if i+2 >= len(name) {
				return "", false
			}
			v, err := strconv.ParseUint(name[i+1:i+3], 16, 8)
			if err != nil {
				return "", false
			}
			text = append(text, byte(v))
			i += 2
		case c == '!':
			if i++; i >= len(name) || name[i] < 'a' || name[i] > 'z' {
				return "", false
			}
			text = append(text, name[i]-'a'+'A')
		default:
			text = append(text, c)
		}
	}
	var again strings.Builder
	for _, c := range text {
		writeByte(&again, c)
	}
	return string(text), len(text) > 0 && finishName(again.String()) == name
}
