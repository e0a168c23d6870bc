package api

import (
	"strings"

	"github.com/tidemarkdb/tidemark/internal/access"
	"github.com/tidemarkdb/tidemark/internal/access/policy"
	"github.com/tidemarkdb/tidemark/internal/engine"
)

// needed is one action that the policies of a caller must allow for an operation, and what it is done to.
type needed struct {
	action string // without the service for ours, with it for those of others
	to     func(c *call) target
}

// target is what an action is done to. The zero target is something that is not there: the action is not needed.
type target struct {
	names  []string // the ARNs that policies may call it by; "*" for actions that have no resource
	tagged string   // the ARN whose tags conditions see, "" for none
	passed bool     // a role that is passed to this service
}

// needs has what each operation needs. Query and PrepareQuery need what their statements do, too (engine.Permission), and
// the role of a scheduled query needs what its runs do (RolePermits). Source: the table of actions in the
// service's authorization reference; where the developer guide names another resource, both will do.
var needs = map[string][]needed{
	"DescribeEndpoints": {{"DescribeEndpoints", everything}},

	"CreateDatabase":   {{"CreateDatabase", database("DatabaseName")}, {"TagResource", ifTagged(database("DatabaseName"))}},
	"DescribeDatabase": {{"DescribeDatabase", database("DatabaseName")}},
	"UpdateDatabase":   {{"UpdateDatabase", database("DatabaseName")}},
	"DeleteDatabase":   {{"DeleteDatabase", database("DatabaseName")}},
	"ListDatabases":    {{"ListDatabases", everything}},

	"CreateTable":   {{"CreateTable", tableOrDatabase}, {"TagResource", ifTagged(table("DatabaseName", "TableName"))}},
	"DescribeTable": {{"DescribeTable", table("DatabaseName", "TableName")}},
	"UpdateTable":   {{"UpdateTable", tableOrDatabase}},
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
		{"TagResource", ifTagged(everything)}},
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
	return func(c *call) target {
		arn := c.engine.ARN(c.input(member), "")
		return target{names: []string{arn}, tagged: arn}
	}
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
	case p.Table != "":
		return tableTarget(e, p.Database, p.Table)
	case p.Database != "" || p.Action == engine.ActionListTables:
		arn := e.ARN(p.Database, "")
		return target{names: []string{arn}, tagged: arn}
	}
	return everything(nil)
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
			return role.Authorize(serviceTimestream+":"+p.Action, to.names, func(key string) ([]string, bool) {
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
