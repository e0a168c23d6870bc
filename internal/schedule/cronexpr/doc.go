// Package cronexpr reads the schedule expressions of scheduled queries, rate(...) and cron(...), by the rules of AWS, and tells
// when they are due. It knows no clock. All times are UTC and whole seconds.
//
//	s, err := cronexpr.Parse("cron(0/5 8-17 ? * MON-FRI *)")
//	at, ok := s.Next(created, after) // the first time after "after"; false if there is none
//
// Errors are sentences for clients that name the field and what is wrong in it.
package cronexpr
