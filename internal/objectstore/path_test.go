package objectstore

import (
	"math/rand/v2"
	"path"
	"strings"
	"testing"
)

// TestKeyPath: the places of keys, as people and file systems meet them.
func TestKeyPath(t *testing.T) {
	long := strings.Repeat("x", 300)
	for key, want := range map[string]string{
		"a":                         "a",
		"reports/devops/cpu/1.json": "reports+/devops+/cpu+/1.json",
		"a/":                        "a+/%",
		"/a":                        "%+/a",
		"a//b":                      "a+/%+/b",
		"..":                        ".%2e",
		"../../etc/passwd":          ".%2e+/.%2e+/etc+/passwd",
		".":                         "%2e",
		"./x":                       "%2e+/x",
		"README.md":                 "!r!e!a!d!m!e.md",
		"con/com1.txt/console":      "%63on+/%63om1.txt+/console",
		"a b+c~%|é":                 "a%20b%2bc%7e%25%7c%c3%a9",
		`c:\x`:                      "c%3a%5cx",
		long:                        long[:200] + "~/" + long[200:],
		long[:200]:                  long[:200] + "~/%",
		long[:200] + "/y":           long[:200] + "~/%+/y",
		long[:199]:                  long[:199],
	} {
		if got := path.Join(keyPath(key)...); got != want {
			t.Errorf("%q lies at %s, want %s", key, got, want)
		}
	}
}

// randomKey makes keys that are likely to clash: few letters, many odd ones, some long parts.
func randomKey(rng *rand.Rand) string {
	pieces := []string{"a", "A", "b", ".", "..", "/", "/", "//", "-", "con", "nul.", "é", "%", "+", "~", "!", "*", strings.Repeat("x", 199), strings.Repeat("Y", 99), "\x00"}
	var key strings.Builder
	for range 1 + rng.IntN(6) {
		key.WriteString(pieces[rng.IntN(len(pieces))])
	}
	return key.String()
}

// TestPlacesDiffer: no two keys have one place, not even where case does not count; no name is too long, odd or a way out;
// and names tell their keys.
func TestPlacesDiffer(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	keys := map[string]string{}
	for range 20_000 {
		key := randomKey(rng)
		place := strings.ToUpper(path.Join(keyPath(key)...))
		if other, ok := keys[place]; ok && other != key {
			t.Fatalf("seed %d: %q and %q both lie at %s", seed, key, other, place)
		}
		keys[place] = key
		var back strings.Builder
		for _, name := range keyPath(key) {
			if len(name) > 255 || name == "." || name == ".." || strings.HasSuffix(name, ".") || device(strings.TrimRight(name, "+~")) {
				t.Fatalf("seed %d: %q has a name %s", seed, key, name)
			}
			e, ok := readEntry(name)
			if !ok {
				t.Fatalf("seed %d: %q: name %s cannot be read", seed, key, name)
			}
			back.WriteString(e.text)
		}
		if back.String() != key {
			t.Fatalf("seed %d: %q is read back as %q", seed, key, back.String())
		}
	}
}

// TestForeignNames: what others put into the folder is no object.
func TestForeignNames(t *testing.T) {
	for _, name := range []string{"README", "a b", "x.", "con", "%zz", "%2", "!", "!1", "%61", "short~", "é", "%2F"} {
		if e, ok := readEntry(name); ok {
			t.Errorf("%s is read as %q", name, e.text)
		}
	}
}

func FuzzKeyPath(f *testing.F) {
	for _, key := range []string{"a", "a//B", "../x", "con.txt", strings.Repeat("é", 200), "."} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		if key == "" {
			return
		}
		var back strings.Builder
		for _, name := range keyPath(key) {
			e, ok := readEntry(name)
			if !ok {
				t.Fatalf("%q: name %q cannot be read", key, name)
			}
			back.WriteString(e.text)
		}
		if back.String() != key {
			t.Fatalf("%q is read back as %q", key, back.String())
		}
	})
}
