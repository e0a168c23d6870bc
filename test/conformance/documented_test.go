package conformance

import "strings"

// Letters of the documented errors.
var errorLetters = map[rune]string{
	'A': "AccessDeniedException",
	'C': "ConflictException",
	'I': "InternalServerException",
	'N': "ResourceNotFoundException",
	'Q': "ServiceQuotaExceededException",
	'R': "RejectedRecordsException",
	'T': "ThrottlingException",
	'V': "ValidationException",
	'X': "QueryExecutionException",
}

// documented has the errors of each operation, as the service models list them; InvalidEndpointException, which all but
// DescribeEndpoints have, is never sent: clients that get it would look for another endpoint without end. Of operations that both
// services have it is the union.
var documented = map[string]string{
	"CancelQuery": "AITV", "CreateBatchLoadTask": "ACINQTV", "CreateDatabase": "ACIQTV", "CreateScheduledQuery": "ACIQTV", "CreateTable": "ACINQTV",
	"DeleteDatabase": "AINTV", "DeleteScheduledQuery": "AINTV", "DeleteTable": "AINTV", "DescribeAccountSettings": "AIT",
	"DescribeBatchLoadTask": "AINT", "DescribeDatabase": "AINTV", "DescribeEndpoints": "ITV", "DescribeScheduledQuery": "AINTV",
	"DescribeTable": "AINTV", "ExecuteScheduledQuery": "AINTV", "ListBatchLoadTasks": "AITV", "ListDatabases": "AITV",
	"ListScheduledQueries": "AITV", "ListTables": "AINTV", "ListTagsForResource": "NTV", "PrepareQuery": "AITV", "Query": "ACITVX",
	"ResumeBatchLoadTask": "AINTV", "TagResource": "NQTV", "UntagResource": "NQTV", "UpdateAccountSettings": "AITV", "UpdateDatabase": "AINQTV",
	"UpdateScheduledQuery": "AINTV", "UpdateTable": "AINTV", "WriteRecords": "AINRTV",
}

// elsewhere has the tests of errors, and of one success, that no case can provoke: "*" stands for all operations.
var elsewhere = map[string]string{
	"*/AccessDeniedException":   "test/security/policy_test.go", // needs a server with users
	"*/InternalServerException": "internal/api/errors_test.go",  // needs a fault of ours
	"*/ThrottlingException":     "internal/api/rate_test.go",    // needs a server with limits

	"CreateDatabase/ServiceQuotaExceededException":       "test/wire/CreateDatabase/quota.txt",          // after 500 databases
	"CreateTable/ServiceQuotaExceededException":          "internal/catalog/catalog_test.go",            // after 50,000 tables
	"CreateScheduledQuery/ServiceQuotaExceededException": "internal/catalog/scheduled_queries_test.go",  // after 10,000 queries
	"CreateBatchLoadTask/ServiceQuotaExceededException":  "test/wire/CreateBatchLoadTask/quota.txt",     // while five tasks run
	"ResumeBatchLoadTask/":                               "internal/engine/batch_crash_test.go",         // its success, after a stop half-way
	"DescribeDatabase/ValidationException":               "test/wire/DescribeDatabase/name-missing.txt", // SDKs refuse such calls
	"DescribeTable/ValidationException":                  "test/wire/DescribeTable/names-missing.txt",   // the same
	"DeleteTable/ValidationException":                    "test/wire/DescribeTable/names-missing.txt",   // the same, with the same shape
	"DescribeEndpoints/ValidationException":              "internal/api/router_test.go",                 // has no input, but wants a Host header
}

// never has errors that are documented and cannot happen here.
var never = map[string]string{
	"UpdateDatabase/ServiceQuotaExceededException": "no quota is about it",
	"UntagResource/ServiceQuotaExceededException":  "no quota is about it",
}

// errorsOf returns the documented errors of an operation.
func errorsOf(operation string) []string {
	var out []string
	for _, letter := range documented[operation] {
		out = append(out, errorLetters[letter])
	}
	return out
}

// short is the name of an error without its ending.
func short(name string) string { return strings.TrimSuffix(name, "Exception") }
