package engine

import (
	"errors"
	"strings"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/dberr"
)

// TestBatchErrorText: what a task tells of an error names nothing of ours, and is cut between two characters.
func TestBatchErrorText(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{errors.New("open /secret: no such file"), "The task failed because of an internal error. The server's log has the details."},
		{dberr.Wrap(dberr.Unavailable, errors.New("open /secret"), "The disk is full"), "The disk is full"},
		{dberr.New(dberr.Invalid, "%s", strings.Repeat("x", 2048)), strings.Repeat("x", 2048)},
		{dberr.New(dberr.Invalid, "%s", strings.Repeat("x", 2049)), strings.Repeat("x", 2048)},
		{dberr.New(dberr.Invalid, "%s", strings.Repeat("日", 700)), strings.Repeat("日", 682)},
		{dberr.New(dberr.Invalid, "x%s", strings.Repeat("🦆", 600)), "x" + strings.Repeat("🦆", 511)},
	} {
		if got := errorText(c.err); got != c.want {
			t.Errorf("%v:\n got %q\nwant %q", c.err, got, c.want)
		}
	}
}
