package engine

import (
	"context"
	"time"

	"github.com/tidemarkdb/tidemark/internal/catalog"
	"github.com/tidemarkdb/tidemark/internal/dberr"
)

// Modes of compute, and the only pricing model that there is.
const (
	ComputeOnDemand     = "ON_DEMAND"
	ComputeProvisioned  = "PROVISIONED"
	PricingComputeUnits = "COMPUTE_UNITS"
	PricingBytesScanned = "BYTES_SCANNED" // known, and refused
)

// Bounds of compute units. Source: API reference of UpdateAccountSettings and ProvisionedCapacityRequest.
const (
	tcuStep = 4
	tcuMin  = 4
	tcuMax  = 1000
	// provisionedFor is how long capacity is kept at least before there may be less of it.
	provisionedFor = time.Hour
)

// Notification is where messages about changes of provisioned capacity would go.
type Notification = catalog.Notification

// Account is the settings of the account as users see them.
type Account struct{ catalog.Account }

// ComputeMode tells how queries get their compute units.
func (a *Account) ComputeMode() string {
	if a.Provisioned != nil {
		return ComputeProvisioned
	}
	return ComputeOnDemand
}

// AccountUpdate is what shall change of the settings; what is absent stays.
type AccountUpdate struct {
	MaxQueryTCU  *int64
	PricingModel string              // "" for absent
	ComputeMode  string              // "" for absent
	Provisioned  *ProvisionedRequest // nil for absent
}

// ProvisionedRequest asks for compute units that are there all the time.
type ProvisionedRequest struct {
	TargetTCU    int64
	Notification *Notification // nil for absent
}

// DescribeAccount returns the settings of the account.
func (e *Engine) DescribeAccount(context.Context) *Account { return &Account{e.catalog.Account()} }

// UpdateAccount changes the settings of the account and returns them as they are then. Capacity that is asked for is there at
// once.
func (e *Engine) UpdateAccount(_ context.Context, u AccountUpdate) (*Account, error) {
	if u.PricingModel == PricingBytesScanned {
		return nil, dberr.New(dberr.Invalid, "The query pricing model cannot be changed to BYTES_SCANNED: only COMPUTE_UNITS can be chosen.")
	}
	if u.MaxQueryTCU != nil {
		if err := checkTCU("MaxQueryTCU", *u.MaxQueryTCU); err != nil {
			return nil, err
		}
	}
	if u.Provisioned != nil {
		if err := checkTCU("TargetQueryTCU", u.Provisioned.TargetTCU); err != nil {
			return nil, err
		}
	}
	a, err := e.catalog.UpdateAccount(func(a *catalog.Account) (bool, error) { return u.apply(a, e.nowMillis()) })
	if err != nil {
		return nil, err
	}
	return &Account{a}, nil
}

// checkTCU refuses numbers of compute units that there cannot be.
func checkTCU(name string, n int64) error {
	if n < tcuMin || n > tcuMax || n%tcuStep != 0 {
		return dberr.New(dberr.Invalid, "%s is %d, but must be a multiple of %d from %d to %d.", name, n, tcuStep, tcuMin, tcuMax)
	}
	return nil
}

// apply changes settings as an update asks and reports whether that is a change. Numbers have been checked.
func (u *AccountUpdate) apply(a *catalog.Account, now int64) (changed bool, err error) {
	mode := u.ComputeMode
	if mode == "" {
		mode = (&Account{*a}).ComputeMode()
	}
	switch {
	case mode == ComputeProvisioned && u.MaxQueryTCU != nil:
		return false, dberr.New(dberr.Invalid, "MaxQueryTCU applies to the compute mode ON_DEMAND only; the capacity in the mode PROVISIONED is TargetQueryTCU.")
	case mode == ComputeProvisioned && u.Provisioned == nil && a.Provisioned == nil:
		return false, dberr.New(dberr.Invalid, "The compute mode PROVISIONED needs ProvisionedCapacity with a TargetQueryTCU.")
	case mode == ComputeOnDemand && u.Provisioned != nil:
		return false, dberr.New(dberr.Invalid, "ProvisionedCapacity applies to the compute mode PROVISIONED only.")
	}
	if u.MaxQueryTCU != nil && a.MaxQueryTCU != *u.MaxQueryTCU {
		a.MaxQueryTCU, changed = *u.MaxQueryTCU, true
	}
	if mode == ComputeOnDemand {
		changed = changed || a.Provisioned != nil
		a.Provisioned = nil
		return changed, nil
	}
	if u.Provisioned == nil {
		return changed, nil
	}
	next, err := u.Provisioned.after(a.Provisioned, now)
	if err != nil {
		return false, err
	}
	a.Provisioned = next
	return true, nil
}

// after returns the capacity that a request leads to from what was provisioned before, nil for nothing.
func (r *ProvisionedRequest) after(old *catalog.ProvisionedCapacity, now int64) (*catalog.ProvisionedCapacity, error) {
	next := &catalog.ProvisionedCapacity{TargetTCU: r.TargetTCU, ProvisionedAt: now, Notification: r.Notification}
	if old == nil {
		return next, nil
	}
	if r.Notification == nil {
		next.Notification = old.Notification
	}
	if r.TargetTCU == old.TargetTCU {
		next.ProvisionedAt = old.ProvisionedAt
	}
	if ready := old.ProvisionedAt + provisionedFor.Milliseconds(); r.TargetTCU < old.TargetTCU && now < ready {
		return nil, dberr.New(dberr.Invalid, "TargetQueryTCU cannot be lowered from %d to %d before %s, an hour after it was last changed.",
			old.TargetTCU, r.TargetTCU, time.UnixMilli(ready).UTC().Format(time.RFC3339))
	}
	return next, nil
}
