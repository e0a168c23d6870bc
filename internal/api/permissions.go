package api

import (
	"strings"

	"github.com/tidemarkdb/tidemark/internal/access"
	"github.com/tidemarkdb/tidemark/internal/access/policy"
	"github.com/tidemarkdb/tidemark/internal/engine"
	"github.com/tidemarkdb/tidemark/internal/errorreport"
)

// needed is one action that the policies of a caller must allow for an operation, and what it is done to.
type needed struct {
	action string // without the service for ours, with it for those of others
	to     func(c *call) target
}

// target is what an action is done to. The zero target is something that is not there: the action is not needed.
type target struct {
	names  []string // the ARNs that policies may call it by; "*" for actions that have no resource
	parts  []string // ARNs that must all be allowed, too: what the target consists of
	tagged string   // the ARN whose tags conditions see, "" for none
	passed bool     // a role that is passed to this service
	prefix string   // what listed keys begin with
}

// needs has what each operation needs. Query and PrepareQuery need what their statements do, too, batch loads what they do to object
// storage (engine.Permission), and the role of a scheduled query needs what its runs do (RolePermits). Source: the table of actions in
// the service's authorization reference; where the developer guide names another resource, both will do.
var needs = map[string][]needed{
	"DescribeEndpoints": {{"DescribeEndpoints", everything}},

	"CreateDatabase":   {{"CreateDatabase", database("DatabaseName")}, {"TagResource", ifTagged(database("DatabaseName"))}},
	"DescribeDatabase": {{"DescribeDatabase", database("DatabaseName")}},
	"UpdateDatabase":   {{"UpdateDatabase", database("DatabaseName")}},
	"DeleteDatabase":   {{"DeleteDatabase", database("DatabaseName")}},
	"ListDatabases":    {{"ListDatabases", everything}},

	"CreateTable": {{"CreateTable", tableOrDatabase}, {"TagResource", ifTagged(table("DatabaseName", "TableName"))},
		{engine.ActionGetBucketACL, rejectedBucket}, {engine.ActionPutObject, rejectedReports}},
	"DescribeTable": {{"DescribeTable", table("DatabaseName", "TableName")}},
	"UpdateTable":   {{"UpdateTable", tableOrDatabase}, {engine.ActionGetBucketACL, rejectedBucket}, {engine.ActionPutObject, rejectedReports}},
	"DeleteTable":   {{"DeleteTable", tableOrDatabase}},
	"ListTables":    {{"ListTables", database("DatabaseName")}},

	writeRecords: {{writeRecords, table("DatabaseName", "TableName")}},

	"Query":        nil,
	"PrepareQuery": nil,
	"CancelQuery":  {{"CancelQuery", everything}},

	"CreateBatchLoadTask": {{"CreateBatchLoadTask", table("TargetDatabaseName", "TargetTableName")},
		{writeRecords, table("TargetDatabaseName", "TargetTableName")}},
	"DescribeBatchLoadTask": {{"DescribeBatchLoadTask", everything}},
	"ListBatchLoadTasks":    {{"ListBatchLoadTasks", everything}},
	"ResumeBatchLoadTask":   {{"ResumeBatchLoadTask", everything}, {writeRecords, taskTable}},

	"ListTagsForResource": {{"ListTagsForResource", named("ResourceARN")}},
	"TagResource":         {{"TagResource", named("ResourceARN")}},
	"UntagResource":       {{"UntagResource", named("ResourceARN")}},

	"CreateScheduledQuery": {{"CreateScheduledQuery", everything}, {"iam:PassRole", role("ScheduledQueryExecutionRoleArn")},
		{"TagResource", ifTagged(newScheduledQuery)}},
	"DescribeScheduledQuery": {{"DescribeScheduledQuery", named("ScheduledQueryArn")}},
	"UpdateScheduledQuery":   {{"UpdateScheduledQuery", named("ScheduledQueryArn")}},
	"ExecuteScheduledQuery":  {{"ExecuteScheduledQuery", named("ScheduledQueryArn")}},
	"DeleteScheduledQuery":   {{"DeleteScheduledQuery", named("ScheduledQueryArn")}},
	"ListScheduledQueries":   {{"ListScheduledQueries", everything}},

	"DescribeAccountSettings": {{"DescribeAccountSettings", everything}},
	"UpdateAccountSettings":   {{"UpdateAccountSettings", everything}, {"iam:PassRole", notificationRole}},
}

// everything is the target of actions that have no resource.
func everything(*call) target { return target{names: []string{"*"}} }

// database is a database by a member of the input; all of them if that is absent.
func database(member string) func(*call) target {
	return func(c *call) target { return databaseTarget(c.engine, c.input(member)) }
}

// databaseTarget is a database by its name. With "" it is all of them: whoever is denied one must not get them by asking for all.
func databaseTarget(e *engine.Engine, name string) target {
	arn := e.ARN(name, "")
	to := target{names: []string{arn}, tagged: arn}
	if name == "" {
		to.parts = e.DatabaseARNs()
	}
	return to
}

// table is a table by two members of the input.
func table(databaseMember, member string) func(*call) target {
	return func(c *call) target { return c.tableTarget(c.input(databaseMember), c.input(member)) }
}

// tableTarget is a table by its names.
func (c *call) tableTarget(database, table string) target {
	return tableTarget(c.engine, database, table)
}

func tableTarget(e *engine.Engine, database, table string) target {
	arn := e.ARN(database, "") + "/table/" + table
	return target{names: []string{arn}, tagged: arn}
}

// taskTable is the table that a batch load task writes to, nothing if there is no such task.
func taskTable(c *call) target {
	task, err := c.engine.DescribeBatchLoadTask(c.r.Context(), c.input("TaskId"))
	if err != nil {
		return target{}
	}
	return c.tableTarget(task.Database, task.Table)
}

// tableOrDatabase is a table that policies may also name by its database.
func tableOrDatabase(c *call) target {
	t := table("DatabaseName", "TableName")(c)
	t.names = append(t.names, c.engine.ARN(c.input("DatabaseName"), ""))
	return t
}

// named is a resource by a member with its ARN.
func named(member string) func(*call) target {
	return func(c *call) target {
		arn := c.engine.OwnARN(c.input(member))
		return target{names: []string{arn}, tagged: arn}
	}
}

// role is a role by a member with its ARN, nothing if that is absent.
func role(member string) func(*call) target {
	return func(c *call) target { return passedRole(c.input(member)) }
}

// notificationRole is the role in the notification settings of an account.
func notificationRole(c *call) target {
	if c.in == nil {
		return target{}
	}
	return passedRole(c.in.Lookup("QueryCompute").Lookup("ProvisionedCapacity").Lookup("NotificationConfiguration").Lookup("RoleArn").Text())
}

func passedRole(arn string) target {
	if arn == "" {
		return target{}
	}
	return target{names: []string{arn}, passed: true}
}

// newScheduledQuery is a scheduled query before it has its whole name: the end of that is made when it is created.
func newScheduledQuery(c *call) target {
	return target{names: []string{c.engine.ScheduledARN(c.input("Name") + "-*")}}
}

// rejectedBucket is the bucket for reports about rejected records in the properties of a table, nothing if there is none.
func rejectedBucket(c *call) target {
	bucket, _ := c.rejectedPlace()
	if bucket == "" {
		return target{}
	}
	return objectTarget(bucket, "")
}

// rejectedReports are the reports themselves. Package engine makes their keys.
func rejectedReports(c *call) target {
	bucket, prefix := c.rejectedPlace()
	if bucket == "" {
		return target{}
	}
	return objectTarget(bucket, errorreport.Key(prefix, c.input("DatabaseName")+"/"+c.input("TableName")+"/*/*.json"))
}

// rejectedPlace returns the bucket and the prefix for reports about rejected records in the input.
func (c *call) rejectedPlace() (bucket, prefix string) {
	if c.in == nil {
		return "", ""
	}
	place := c.in.Lookup("MagneticStoreWriteProperties").Lookup("MagneticStoreRejectedDataLocation").Lookup("S3Configuration")
	return place.Lookup("BucketName").Text(), place.Lookup("ObjectKeyPrefix").Text()
}

// objectTarget is an object; a bucket if there is no key.
func objectTarget(bucket, key string) target {
	arn := "arn:aws:s3:::" + bucket
	if key != "" {
		arn += "/" + key
	}
	return target{names: []string{arn}}
}

// ifTagged is a target if the input has tags, else nothing.
func ifTagged(to func(*call) target) func(*call) target {
	return func(c *call) target {
		if c.in == nil || len(c.in.Lookup("Tags").Elems()) == 0 {
			return target{}
		}
		return to(c)
	}
}

// input returns a text of the input, "" if it is absent.
func (c *call) input(member string) string {
	switch {
	case c.in != nil:
		return c.in.Lookup(member).Text()
	case c.writing != nil && member == "DatabaseName":
		return c.writing.Database
	case c.writing != nil && member == "TableName":
		return c.writing.Table
	}
	return ""
}

// permissionTarget is what a statement does something to.
func permissionTarget(e *engine.Engine, p engine.Permission) target {
	switch {
	case p.Action == engine.ActionListBucket:
		to := objectTarget(p.Bucket, "")
		to.prefix = p.Key
		return to
	case p.Bucket != "":
		return objectTarget(p.Bucket, p.Key)
	case p.Table != "":
		return tableTarget(e, p.Database, p.Table)
	case p.Database != "" || p.Action == engine.ActionListTables:
		return databaseTarget(e, p.Database)
	}
	return everything(nil)
}

// fullAction returns an action with its service, which is ours if it has none.
func fullAction(action string) string {
	if strings.Contains(action, ":") {
		return action
	}
	return serviceTimestream + ":" + action
}

// RolePermits returns what asks, for the ARN of a role that scheduled queries run with, whether it may do what they do; nil if
// nobody is asked. The role must trust the service, and its policies of the moment count.
func RolePermits(e *engine.Engine, d *access.Directory, region string) func(roleARN string) func(engine.Permission) error {
	if d == nil {
		return nil
	}
	return func(roleARN string) func(engine.Permission) error {
		return func(p engine.Permission) error {
			role, err := d.ServiceRole(roleARN, ourService)
			if err != nil {
				return err
			}
			to := permissionTarget(e, p)
			return role.Authorize(fullAction(p.Action), to.names, func(key string) ([]string, bool) {
				if prefix, tag, found := strings.Cut(key, "/"); found && (prefix+"/" == policy.KeyResourceTag || prefix+"/" == policy.KeyServiceTag) {
					value, ok := e.TagOf(to.tagged, tag)
					return []string{value}, ok
				}
				return []string{region}, key == policy.KeyRegion
			})
		}
	}
}

// ourService is what trust policies and iam:PassedToService call the database.
const ourService = "timestream.amazonaws.com"
