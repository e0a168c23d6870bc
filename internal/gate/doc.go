// Package gate lets callers in one after the other while there is room for what they bring, and holds the others back: in
// the order in which they came, for a bounded time, as long as their context lives.
//
// It counts the bytes of those inside and asks its owner how many there may be; what the bytes stand for is the owner's
// business. Example:
//
//	g := gate.New(clock.Real{}, 10*time.Second, func() int64 { return 64 << 20 })
//	if err := g.Enter(ctx, size); err != nil {
//		return err // the context's, ErrTimeout or ErrClosed
//	}
//	defer g.Leave(size)
package gate
