// Package csvmap turns the lines of CSV files into records for WriteRecords. A Layout says which column is what; the
// layouts of the sample files of Timestream's sample applications are built in. Lines that do not fit are reported one by
// one and do not stop the others. Example:
//
//	mapper, err := csvmap.NewMapper(csvmap.Sample(), now)
//	err = mapper.Read(file, csvmap.Sink{Record: add, Bad: complain})
package csvmap
