package engine

import (
	"reflect"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/dberr"
)

func tcu(n int64) *int64 { return &n }

// TestAccountOnDemand: the limit is a multiple of 4 from 4 to 1000; what is absent stays.
func TestAccountOnDemand(t *testing.T) {
	e, _ := newEngine(t)
	if a := e.DescribeAccount(ctx); a.MaxQueryTCU != 200 || a.ComputeMode() != ComputeOnDemand {
		t.Errorf("at first %+v", a)
	}
	for _, n := range []int64{4, 1000, 8} {
		if a, err := e.UpdateAccount(ctx, AccountUpdate{MaxQueryTCU: tcu(n), PricingModel: PricingComputeUnits}); err != nil || a.MaxQueryTCU != n {
			t.Errorf("limit of %d: %+v, %v", n, a, err)
		}
	}
	for n, text := range map[int64]string{
		0:    "MaxQueryTCU is 0, but must be a multiple of 4 from 4 to 1000.",
		-4:   "MaxQueryTCU is -4, but must be a multiple of 4 from 4 to 1000.",
		6:    "MaxQueryTCU is 6, but must be a multiple of 4 from 4 to 1000.",
		1004: "MaxQueryTCU is 1004, but must be a multiple of 4 from 4 to 1000.",
	} {
		_, err := e.UpdateAccount(ctx, AccountUpdate{MaxQueryTCU: tcu(n)})
		wantError(t, err, dberr.Invalid, text)
	}
	_, err := e.UpdateAccount(ctx, AccountUpdate{MaxQueryTCU: tcu(40), PricingModel: PricingBytesScanned})
	wantError(t, err, dberr.Invalid, "The query pricing model cannot be changed to BYTES_SCANNED: only COMPUTE_UNITS can be chosen.")
	_, err = e.UpdateAccount(ctx, AccountUpdate{Provisioned: &ProvisionedRequest{TargetTCU: 8}})
	wantError(t, err, dberr.Invalid, "ProvisionedCapacity applies to the compute mode PROVISIONED only.")
	_, err = e.UpdateAccount(ctx, AccountUpdate{ComputeMode: ComputeProvisioned})
	wantError(t, err, dberr.Invalid, "The compute mode PROVISIONED needs ProvisionedCapacity with a TargetQueryTCU.")
	if a, err := e.UpdateAccount(ctx, AccountUpdate{}); err != nil || a.MaxQueryTCU != 8 || a.Provisioned != nil {
		t.Errorf("nothing to change: %+v, %v", a, err)
	}
}

// TestAccountProvisioned: more capacity at any time, less only an hour after the last change; where messages go is kept.
func TestAccountProvisioned(t *testing.T) {
	e, c := newEngine(t)
	update := func(target int64, n *Notification) (*Account, error) {
		return e.UpdateAccount(ctx, AccountUpdate{ComputeMode: ComputeProvisioned, Provisioned: &ProvisionedRequest{target, n}})
	}
	notify := &Notification{TopicARN: "arn:aws:sns:us-east-1:000000000000:capacity", RoleARN: "arn:aws:iam::000000000000:role/notify"}
	a, err := update(8, notify)
	if err != nil || a.ComputeMode() != ComputeProvisioned || a.Provisioned.TargetTCU != 8 {
		t.Fatalf("provisioned: %+v, %v", a, err)
	}
	c.Advance(30 * time.Minute)
	if a, err = update(16, nil); err != nil || a.Provisioned.TargetTCU != 16 || !reflect.DeepEqual(a.Provisioned.Notification, notify) {
		t.Errorf("more: %+v, %v", a, err)
	}
	c.Advance(time.Hour - time.Millisecond)
	if _, err := update(16, nil); err != nil {
		t.Errorf("as much as there is: %v", err)
	}
	_, err = update(12, nil)
	wantError(t, err, dberr.Invalid, "TargetQueryTCU cannot be lowered from 16 to 12 before "+start.Add(90*time.Minute).UTC().Format(time.RFC3339)+", an hour after it was last changed.")
	c.Advance(time.Millisecond)
	if a, err = update(12, nil); err != nil || a.Provisioned.TargetTCU != 12 {
		t.Errorf("less after an hour: %+v, %v", a, err)
	}
	_, err = update(13, nil)
	wantError(t, err, dberr.Invalid, "TargetQueryTCU is 13, but must be a multiple of 4 from 4 to 1000.")
	_, err = e.UpdateAccount(ctx, AccountUpdate{MaxQueryTCU: tcu(40)})
	wantError(t, err, dberr.Invalid, "MaxQueryTCU applies to the compute mode ON_DEMAND only; the capacity in the mode PROVISIONED is TargetQueryTCU.")
	if a, err = e.UpdateAccount(ctx, AccountUpdate{ComputeMode: ComputeOnDemand, MaxQueryTCU: tcu(40)}); err != nil || a.Provisioned != nil || a.MaxQueryTCU != 40 {
		t.Errorf("back on demand: %+v, %v", a, err)
	}
}
