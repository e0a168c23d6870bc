// Package mergeplan decides which segments of a time window are merged, and how fast. It knows sizes and times, no files;
// package storage does what it says.
//
// The segments of a window that one flush or one merge has made are a layer: sorted as a whole, with no series in two of
// them. What is asked of the plan is layers:
//
//   - While rows come in, layers of about the same size become one (Rules.Tier). A merge makes a layer that is several times as
//     long as the longest that goes into it, so a row is rewritten a number of times that grows with the logarithm of the
//     window's size, and the number of layers does, too. From TierBytesMax on a layer waits for the end of its window.
//   - When nothing has come for a while, all layers become one (Rules.Settle), however long that is. That is once for a window
//     whose rows came in order. Rows that trickle in later have to be worth it: Credit holds what is written for little gain
//     to a multiple of what was flushed.
//
// How fast is the business of Pacer: merging works and rests so that it takes a share of one core, and takes more only as far
// as layers pile up (Share), that is, as far as rows come in faster than that share can merge.
//
// Example:
//
//	pacer := mergeplan.NewPacer(clock, func() float64 { return mergeplan.Share(0.25, backlog()) })
//	chosen := rules.Tier(layers)
//	for shift := pacer.Begin(); work(); {
//		err := shift.Rest(ctx)
//	}
package mergeplan
