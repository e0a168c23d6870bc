package api

import (
	"github.com/tidemarkdb/tidemark/internal/api/awsjson"
)

// targetPrefix stands before the operation's name in X-Amz-Target, for both services.
const targetPrefix = "Timestream_20181101."

// writeRecords is the name of the operation that has memory of its own.
const writeRecords = "WriteRecords"

// operation is how one API operation is served. run finds the decoded input in c.in, or the raw body if there is no shape,
// and leaves the answer in c.out.
type operation struct {
	shape *awsjson.Shape
	run   func(h *handler, c *call) error
}

// operations has every operation of both services.
var operations = map[string]*operation{
	"DescribeEndpoints": {emptyShape, (*handler).describeEndpoints},

	"CreateDatabase":   {createDatabaseShape, (*handler).createDatabase},
	"DescribeDatabase": {databaseNameShape, (*handler).describeDatabase},
	"UpdateDatabase":   {updateDatabaseShape, (*handler).updateDatabase},
	"DeleteDatabase":   {databaseNameShape, (*handler).deleteDatabase},
	"ListDatabases":    {listDatabasesShape, (*handler).listDatabases},

	"CreateTable":   {createTableShape, (*handler).createTable},
	"DescribeTable": {tableNameShape, (*handler).describeTable},
	"UpdateTable":   {updateTableShape, (*handler).updateTable},
	"DeleteTable":   {tableNameShape, (*handler).deleteTable},
	"ListTables":    {listTablesShape, (*handler).listTables},

	writeRecords: {nil, (*handler).writeRecords},

	"Query":        {queryShape, (*handler).query},
	"CancelQuery":  {cancelQueryShape, (*handler).cancelQuery},
	"PrepareQuery": {prepareQueryShape, (*handler).prepareQuery},

	"CreateBatchLoadTask":   {createBatchLoadShape, (*handler).createBatchLoadTask},
	"DescribeBatchLoadTask": {batchTaskShape, (*handler).describeBatchLoadTask},
	"ListBatchLoadTasks":    {listBatchTasksShape, (*handler).listBatchLoadTasks},
	"ResumeBatchLoadTask":   {batchTaskShape, (*handler).resumeBatchLoadTask},

	"CreateScheduledQuery":   {createScheduledQueryShape, (*handler).createScheduledQuery},
	"DescribeScheduledQuery": {scheduledQueryARNShape, (*handler).describeScheduledQuery},
	"ListScheduledQueries":   {listScheduledQueriesShape, (*handler).listScheduledQueries},
	"UpdateScheduledQuery":   {updateScheduledQueryShape, (*handler).updateScheduledQuery},
	"ExecuteScheduledQuery":  {executeScheduledQueryShape, (*handler).executeScheduledQuery},
	"DeleteScheduledQuery":   {scheduledQueryARNShape, (*handler).deleteScheduledQuery},

	"TagResource":         {tagResourceShape, (*handler).tagResource},
	"UntagResource":       {untagResourceShape, (*handler).untagResource},
	"ListTagsForResource": {listTagsShape, (*handler).listTagsForResource},

	"DescribeAccountSettings": {describeAccountShape, (*handler).describeAccountSettings},
	"UpdateAccountSettings":   {updateAccountShape, (*handler).updateAccountSettings},
}
