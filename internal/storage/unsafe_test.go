package storage

import "unsafe"

// unsafeString makes a string whose bytes the test changes later, as a caller does who reuses a buffer.
func unsafeString(b []byte) string { return unsafe.String(&b[0], len(b)) }
