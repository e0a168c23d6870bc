// Package mapping turns rows of named columns into records by a data model: which column is the time, which are dimensions,
// which are measures, and how those become records. Batch loads have rows of CSV files, scheduled queries rows of results;
// both have the same models.
//
// Everything is text, as in the API: the package does not look into values, so it knows nothing of types but their names.
// What is wrong with a value (a time that is no integer) is found by who stores the records. Example:
//
//	m, err := model.Compile([]string{"at", "host", "cpu"})
//	var batch mapping.Batch
//	err = m.Append(&batch, []mapping.Value{{Text: "1700000000"}, {Text: "host-1"}, {Text: "13.5"}})
//	write(batch.Records)
package mapping
