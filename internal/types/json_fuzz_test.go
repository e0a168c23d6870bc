package types_test

import (
	"encoding/json"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/types"
)

// FuzzAppendJSONString checks that a written string reads back as it was, but for bytes that are no UTF-8.
func FuzzAppendJSONString(f *testing.F) {
	for _, seed := range []string{"", "plain", "\"\\\n\r\t\x00\x1f\x7f", "é漢字😀", "\xff\xfe", "a\xc3"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var back string
		if err := json.Unmarshal(types.AppendJSONString(nil, text), &back); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		want, _ := json.Marshal(text)
		var wantText string
		if err := json.Unmarshal(want, &wantText); err != nil || back != wantText {
			t.Fatalf("got %q, want %q (%v)", back, wantText, err)
		}
	})
}
