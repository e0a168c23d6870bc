package policy

// managed are the policies that can be attached by their names in AWS: those of the service, without their rights on other services, and
// two that are often attached beside them.
var managed = map[string]string{
	"AdministratorAccess":               `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`,
	"AmazonS3FullAccess":                `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`,
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
