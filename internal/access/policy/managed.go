package policy

// managed are the policies of the service that can be attached by their names. Rights on other services are left out.
var managed = map[string]string{
	"AmazonTimestreamFullAccess":        fullAccess,
	"AmazonTimestreamConsoleFullAccess": fullAccess,
	"AmazonTimestreamReadOnlyAccess": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["timestream:CancelQuery","timestream:DescribeDatabase",
		"timestream:DescribeEndpoints","timestream:DescribeTable","timestream:ListDatabases","timestream:ListMeasures","timestream:ListTables",
		"timestream:ListTagsForResource","timestream:Select","timestream:SelectValues","timestream:DescribeScheduledQuery","timestream:ListScheduledQueries",
		"timestream:DescribeBatchLoadTask","timestream:ListBatchLoadTasks","timestream:DescribeAccountSettings"],"Resource":"*"}}`,
}

const fullAccess = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"timestream:*","Resource":"*"},
	{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"timestream.amazonaws.com"}}}]}`

// Managed returns a policy of the service by its name, as it is written; false if there is none.
func Managed(name string) ([]byte, bool) {
	text, ok := managed[name]
	return []byte(text), ok
}
