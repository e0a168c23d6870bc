package catalog

import (
	"errors"
	"reflect"
	"testing"

	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

// TestAccount: settings begin with the service's defaults, come back from a log and from a snapshot, and are left alone by an
// edit that fails or changes nothing.
func TestAccount(t *testing.T) {
	disk := memfs.New()
	c := open(t, disk)
	if got := c.Account(); !reflect.DeepEqual(got, Account{MaxQueryTCU: 200}) {
		t.Errorf("at first %+v", got)
	}
	want := Account{MaxQueryTCU: 40, Provisioned: &ProvisionedCapacity{TargetTCU: 8, ProvisionedAt: 17, Notification: &Notification{"topic", "role"}}}
	got, err := c.UpdateAccount(func(a *Account) (bool, error) { *a = want; return true, nil })
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("updated to %+v, %v", got, err)
	}
	refused := errors.New("refused")
	if _, err := c.UpdateAccount(func(a *Account) (bool, error) { a.MaxQueryTCU = 4; return true, refused }); !errors.Is(err, refused) {
		t.Errorf("a refused edit: %v", err)
	}
	before := c.log.Size()
	if _, err := c.UpdateAccount(func(a *Account) (bool, error) { a.MaxQueryTCU = 4; return false, nil }); err != nil || c.log.Size() != before {
		t.Errorf("an edit without a change: %v, the log went from %d to %d bytes", err, before, c.log.Size())
	}
	for range 2 {
		c = open(t, disk.CrashClean())
		if got := c.Account(); !reflect.DeepEqual(got, want) {
			t.Errorf("after a crash %+v", got)
		}
		if err := c.snapshot(); err != nil {
			t.Fatal(err)
		}
	}
}
