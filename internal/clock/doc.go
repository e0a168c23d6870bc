// Package clock is the time as an interface: the real one, and a manual one for tests. Nothing else in the product
// reads the time of day. Example:
//
//	now := opts.Clock.Now().UnixNano()
package clock
