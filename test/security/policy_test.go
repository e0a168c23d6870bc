package security

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/timestreamquery"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite/types"

	"github.com/tidemarkdb/tidemark/internal/access"
)

const arn = "arn:aws:timestream:us-east-1:" + account + ":database/"

// What policies allow and deny, through an SDK.
func TestPolicies(t *testing.T) {
	discover := statement("Allow", "timestream:describeEndpoints", "*")
	w := newWorld(t, access.File{Users: []access.User{
		granted("admin", "AmazonTimestreamFullAccess"),
		granted("nobody"),
		granted("blind", statement("Allow", "timestream:WriteRecords", "*")),
		granted("writer", discover, statement("Allow", "timestream:WriteRecords", arn+"plant/table/*")),
		granted("reader", discover, statement("Allow", "timestream:Select", arn+"plant/table/cpu")),
		granted("wild", discover, statement("Allow", "timestream:*", "arn:aws:timestream:*:*:database/pl?nt*")),
		granted("careful", discover, statement("Allow", "timestream:*", "*"), statement("Deny", "TIMESTREAM:select timestream:Delete*", arn+"office/*")),
		granted("hidden", discover, statement("Allow", "timestream:*", "*"), statement("Deny", "timestream:*", arn+"office "+arn+"office/*")),
		granted("team", discover, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"timestream:*","Resource":"*",
			"Condition":{"StringEquals":{"aws:ResourceTag/team":"a"}}}}`),
		granted("tagger", discover, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["timestream:CreateDatabase","timestream:TagResource"],"Resource":"*",
			"Condition":{"StringEquals":{"aws:RequestTag/team":"a"},"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}}}}`),
		granted("local", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"127.0.0.0/8"}}}}`),
		granted("remote", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"127.0.0.0/8"}}}}`),
	}})
	w.setUp(named("admin"), "plant.cpu", "plant.disk", "office.pay")
	ctx := context.Background()
	write := func(who, database, table string) error {
		_, err := w.writer(named(who)).WriteRecords(ctx, records(database, table))
		return err
	}
	query := func(who, text string) error { return w.query(named(who), text) }
	const denied = "AccessDeniedException"
	no := func(what string, err error, text string) { t.Helper(); refused(t, what, err, denied, text) }

	no("a user without policies", query("nobody", "SELECT 1"), "User: arn:aws:iam::"+account+":user/nobody is not authorized to perform: timestream:DescribeEndpoints "+
		"because no identity-based policy allows the timestream:DescribeEndpoints action")
	no("who may not discover", write("blind", "plant", "cpu"), "timestream:DescribeEndpoints")

	allowed(t, "writing", write("writer", "plant", "cpu"))
	no("writing elsewhere", write("writer", "office", "pay"), "timestream:WriteRecords on resource: "+arn+"office/table/pay because no identity-based policy")
	no("writing to what is not there", write("writer", "nothing", "here"), "timestream:WriteRecords on resource: "+arn+"nothing/table/here")
	no("reading as a writer", query("writer", "SELECT * FROM plant.cpu"), "timestream:Select on resource: "+arn+"plant/table/cpu")

	allowed(t, "reading", query("reader", "SELECT * FROM plant.cpu"))
	no("reading another table", query("reader", "SELECT * FROM plant.disk"), "timestream:Select on resource: "+arn+"plant/table/disk")
	no("joining another table", query("reader", "WITH x AS (SELECT * FROM plant.disk) SELECT * FROM plant.cpu a JOIN x ON a.host = x.host"), "plant/table/disk")
	no("a table in a subquery", query("reader", "SELECT (SELECT count(*) FROM office.pay) FROM plant.cpu"), "office/table/pay")
	no("explaining", query("reader", "EXPLAIN SELECT * FROM plant.disk"), "plant/table/disk")
	no("a table that is not there, as one that is", query("reader", "SELECT * FROM plant.nothing"), "plant/table/nothing")
	no("a column of a table", query("reader", "SELECT nothing FROM plant.disk"), "plant/table/disk")
	no("no table", query("reader", "SELECT 1"), "timestream:SelectValues because no identity-based policy")
	no("SHOW DATABASES", query("reader", "SHOW DATABASES"), "timestream:ListDatabases because")
	no("SHOW TABLES", query("reader", "SHOW TABLES FROM plant"), "timestream:ListTables on resource: "+arn+"plant because")
	no("SHOW TABLES of all", query("reader", "SHOW TABLES"), "timestream:ListTables on resource: "+arn+"* because")
	no("SHOW MEASURES", query("reader", "SHOW MEASURES FROM plant.cpu"), "timestream:ListMeasures on resource: "+arn+"plant/table/cpu")
	no("DESCRIBE", query("reader", "DESCRIBE plant.cpu"), "timestream:DescribeTable on resource: "+arn+"plant/table/cpu")
	no("UNLOAD", query("reader", "UNLOAD (SELECT * FROM plant.cpu) TO 's3://b/p'"), "timestream:Unload on resource: "+arn+"plant/table/cpu")
	_, err := w.reader(named("reader")).PrepareQuery(ctx, &timestreamquery.PrepareQueryInput{QueryString: aws.String("SELECT * FROM plant.cpu"), ValidateOnly: aws.Bool(true)})
	no("PrepareQuery", err, "timestream:PrepareQuery on resource: "+arn+"plant/table/cpu")
	_, err = w.reader(named("reader")).CancelQuery(ctx, &timestreamquery.CancelQueryInput{QueryId: aws.String("AEX")})
	no("CancelQuery", err, "timestream:CancelQuery because")

	allowed(t, "a wildcard in the name of the database", query("wild", "SELECT * FROM plant.disk"))
	no("a wildcard that does not match", query("wild", "SELECT * FROM office.pay"), "office/table/pay")
	_, err = w.writer(named("wild")).CreateTable(ctx, &timestreamwrite.CreateTableInput{DatabaseName: aws.String("plants"), TableName: aws.String("xxx")})
	if errorCode(err) != "ResourceNotFoundException" {
		t.Errorf("creating what a wildcard matches: %v", err)
	}
	_, err = w.writer(named("wild")).ListDatabases(ctx, &timestreamwrite.ListDatabasesInput{})
	no("all databases", err, "timestream:ListDatabases because")

	no("the tables of all databases, of which one is denied", query("hidden", "SHOW TABLES"), "timestream:ListTables on resource: "+arn+"*")
	_, err = w.writer(named("hidden")).ListTables(ctx, &timestreamwrite.ListTablesInput{})
	no("the same by ListTables", err, "timestream:ListTables on resource: "+arn+"*")
	if strings.Contains(err.Error(), "office") {
		t.Errorf("a denied database is named: %v", err)
	}
	allowed(t, "the tables of another", query("hidden", "SHOW TABLES FROM plant"))

	allowed(t, "what is not denied", query("careful", "SELECT * FROM plant.cpu"))
	no("an explicit deny", query("careful", "SELECT * FROM office.pay"), "with an explicit deny in an identity-based policy")
	allowed(t, "writing where reading is denied", write("careful", "office", "pay"))
	_, err = w.writer(named("careful")).DeleteTable(ctx, &timestreamwrite.DeleteTableInput{DatabaseName: aws.String("office"), TableName: aws.String("pay")})
	no("a deny of Delete*", err, "timestream:DeleteTable on resource: "+arn+"office/table/pay with an explicit deny")

	tag := func(values ...string) []types.Tag {
		var tags []types.Tag
		for i := 0; i < len(values); i += 2 {
			tags = append(tags, types.Tag{Key: &values[i], Value: &values[i+1]})
		}
		return tags
	}
	create := func(who, name string, tags []types.Tag) error {
		_, err := w.writer(named(who)).CreateDatabase(ctx, &timestreamwrite.CreateDatabaseInput{DatabaseName: &name, Tags: tags})
		return err
	}
	no("creating without the tag", create("tagger", "tagged", nil), "timestream:CreateDatabase")
	no("creating with another value", create("tagger", "tagged", tag("team", "b")), "timestream:CreateDatabase")
	no("creating with a further tag", create("tagger", "tagged", tag("team", "a", "cost", "1")), "timestream:CreateDatabase")
	allowed(t, "creating with the tag", create("tagger", "tagged", tag("team", "a")))
	describe := func(who, name string) error {
		_, err := w.writer(named(who)).DescribeDatabase(ctx, &timestreamwrite.DescribeDatabaseInput{DatabaseName: &name})
		return err
	}
	allowed(t, "a resource with the tag", describe("team", "tagged"))
	no("a resource without the tag", describe("team", "plant"), "timestream:DescribeDatabase on resource: "+arn+"plant")

	allowed(t, "from this address", query("local", "SHOW DATABASES"))
	no("from elsewhere", query("remote", "SHOW DATABASES"), "timestream:DescribeEndpoints")
}

// Pages of a query belong to who began it.
func TestPagesBelongToTheirPrincipal(t *testing.T) {
	w := newWorld(t, access.File{Users: []access.User{granted("alice", "AmazonTimestreamReadOnlyAccess"), granted("bob", "AmazonTimestreamReadOnlyAccess")}})
	ctx := context.Background()
	in := &timestreamquery.QueryInput{QueryString: aws.String("SELECT * FROM (VALUES 1, 2, 3) AS t(x)"), MaxRows: aws.Int32(1)}
	out, err := w.reader(named("alice")).Query(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	in.NextToken = out.NextToken
	if _, err := w.reader(named("bob")).Query(ctx, in); errorCode(err) != "ValidationException" {
		t.Errorf("a page of another: %v", err)
	}
	_, err = w.reader(named("alice")).Query(ctx, in)
	allowed(t, "a page of one's own", err)
}
