// Package awsjson is the JSON half of the protocol AWS JSON 1.0: reading request bodies against shapes, and writing
// answers.
//
// A Shape says what a member may hold. Decode reads a body into a Value tree as its shape asks, Validate lists every
// constraint that the tree breaks in the words that AWS services use, and Writer appends answers. Scanner is the layer below
// Decode, for a caller that wants to read a body without a tree (WriteRecords). The package knows no operation.
//
//	v, err := awsjson.Decode(body, shape)      // *SyntaxError: not JSON, or a wrong JSON type
//	if text := awsjson.Validate(v); text != "" // "1 validation error detected: Value null at 'databaseName' ..."
//	name := v.Get("DatabaseName").Text()
package awsjson
