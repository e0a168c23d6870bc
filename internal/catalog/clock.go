package catalog

// Clock returns the latest time that SetClock has made durable, in milliseconds since 1970; 0 if there is none.
func (c *Catalog) Clock() int64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.state.clock
}

// SetClock makes durable that a time has come, so that it is not forgotten when the machine's clock is set back. A time that is
// not later than the last one changes nothing.
func (c *Catalog) SetClock(millis int64) error {
	err := c.begin()
	defer c.changing.Unlock()
	if err != nil || millis <= c.state.clock {
		return err
	}
	return c.commit(&change{Clock: millis})
}
