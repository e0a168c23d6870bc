package api

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// Whoever knows the id of an access key and not its secret can hold up requests of that key by bodies that do not come, but neither
// those of others nor those that are verified before their body comes.
func TestStrangersKeepNobodyOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, err := engine.Open(t.Context(), engine.Options{FS: memfs.New(), MaintainEvery: -1})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = e.Close() }()
		const length = 100
		body := `{"DatabaseName":"ddd"}` + strings.Repeat(" ", length-len(`{"DatabaseName":"ddd"}`))
		h := New(e, Options{Access: newDirectory(t), Clock: clock.NewManual(start), OtherBytesMax: 6 * bodyFactor * length}).(*handler)
		answers := make(chan string, 20)
		post := func(key, secret string, hash bool, slow *slowBody) {
			r := request("DescribeDatabase", body)
			if hash {
				r.Header.Set("X-Amz-Content-Sha256", hashOf(body))
			}
			sign(t, r, key, secret, body)
			if slow != nil {
				r.Body = slow
			}
			go func() {
				_, answer := serve(h, r)
				answers <- answer
			}()
			synctest.Wait()
		}
		want := func(what, code string) {
			t.Helper()
			select {
			case got := <-answers:
				if !strings.Contains(got, "#"+code) {
					t.Errorf("%s: %s, want %s", what, got, code)
				}
			default:
				t.Errorf("%s: no answer", what)
			}
		}
		held := &slowBody{text: strings.NewReader(""), ready: make(chan struct{})}
		for range 10 {
			post("AKID", "GUESS", false, held)
		}
		if n := h.doors.others.Inside(); n != 3*bodyFactor*length {
			t.Errorf("strangers hold %d bytes", n)
		}
		post("AKID2", "SECRET", false, nil)
		want("another key", "ResourceNotFoundException")
		post("AKID", "SECRET", true, nil)
		want("the same key, verified", "ResourceNotFoundException")
		close(held.ready)
		synctest.Wait()
		for range 10 {
			want("a stranger", "InvalidSignatureException")
		}
		post("AKID", "SECRET", false, nil)
		want("the same key afterwards", "ResourceNotFoundException")
		if n := h.doors.others.Inside(); n != 0 || len(h.doors.others.shares) != 0 {
			t.Errorf("%d bytes and %d shares are still taken", n, len(h.doors.others.shares))
		}
	})
}

// Only WriteRecords may have bodies of BodyBytesMax.
func TestBodiesOfOthersAreShort(t *testing.T) {
	h := newHandler(t, Options{})
	for operation, want := range map[string]int{"ListDatabases": http.StatusRequestEntityTooLarge, writeRecords: http.StatusNotFound} {
		body := `{"DatabaseName":"ddd","TableName":"ttt","Records":[{"Time":"1"}],"x":"` + strings.Repeat("x", otherBodyMax) + `"}`
		if status, answer := serve(h, request(operation, body)); status != want {
			t.Errorf("%s: %d %s", operation, status, answer)
		}
	}
}
