// Package vector holds columns of values and batches of columns, the form in which rows travel from storage through
// the executor to the API.
//
// A Vector is one column of up to a few thousand rows (BatchRows is the usual size). It has one of three forms:
//
//	Flat        one value a row, in the slice that fits the type
//	Constant    one value for all rows; the payload slices hold exactly one element
//	Dictionary  small codes into another, flat vector; how dimension columns come out of storage
//
// Vectors are immutable once they have been handed on: whoever wants to change one makes a new one. That is what lets
// Slice, constants and dictionaries share memory. Example:
//
//	v := vector.Doubles([]float64{1, 2}, nil)
//	v.Value(0) // 1.0
package vector
