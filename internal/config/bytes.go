package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Bytes is a size of memory as people write it: "2GiB", "512 MiB", "1.5g", "2GB", "1073741824". It is a value for flags.
type Bytes int64

// units are the suffixes that sizes may have, with their factors. Letters alone are binary, as for other programs that limit
// memory.
var units = map[string]float64{
	"": 1, "b": 1,
	"k": 1 << 10, "kib": 1 << 10, "kb": 1e3,
	"m": 1 << 20, "mib": 1 << 20, "mb": 1e6,
	"g": 1 << 30, "gib": 1 << 30, "gb": 1e9,
	"t": 1 << 40, "tib": 1 << 40, "tb": 1e12,
}

// Set reads a size.
func (b *Bytes) Set(text string) error {
	text = strings.TrimSpace(text)
	end := strings.LastIndexAny(text, "0123456789.") + 1
	factor, ok := units[strings.ToLower(strings.TrimSpace(text[end:]))]
	n, err := strconv.ParseFloat(text[:end], 64)
	if !ok || err != nil || strings.ContainsAny(text[:end], "+-_xXeEpP") {
		return fmt.Errorf("%q is not a size, such as 2GiB or 512MiB", text)
	}
	if n *= factor; n >= math.MaxInt64 {
		return fmt.Errorf("%q is too large a size", text)
	}
	*b = Bytes(n)
	return nil
}

// String writes a size so that Set reads the same: in the largest binary unit that leaves no fraction.
func (b Bytes) String() string {
	for _, u := range []struct {
		bytes Bytes
		name  string
	}{{1 << 40, "TiB"}, {1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}} {
		if b != 0 && b%u.bytes == 0 {
			return strconv.FormatInt(int64(b/u.bytes), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(b), 10)
}

// Type names the kind of value in the help.
func (b Bytes) Type() string { return "size" }
