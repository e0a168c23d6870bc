package api

import (
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
// ResumeBatchLoadTask needs to write the task's table, which is asked when the task is known. Source: the table of actions in the
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
	"ResumeBatchLoadTask":   {{"ResumeBatchLoadTask", everything}},

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
	arn := c.engine.ARN(database, "") + "/table/" + table
	return target{names: []string{arn}, tagged: arn}
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
func (c *call) permissionTarget(p engine.Permission) target {
	switch {
	case p.Table != "":
		return c.tableTarget(p.Database, p.Table)
	case p.Database != "" || p.Action == engine.ActionListTables:
		arn := c.engine.ARN(p.Database, "")
		return target{names: []string{arn}, tagged: arn}
	}
	return everything(c)
}
