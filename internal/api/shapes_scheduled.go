package api

import "github.com/tidemarkdb/tidemark/internal/api/awsjson"

// The input shapes of scheduled queries, as the service models have them.

// Parts of the inputs of scheduled queries.
var (
	resourceARN = text(1, 2048)

	multiMeasureAttributes = list(1, 0, structure("MultiMeasureAttributeMapping",
		member("SourceColumn", schemaName, required),
		member("TargetMultiMeasureAttributeName", schemaName),
		member("MeasureValueType", enum("BIGINT", "BOOLEAN", "DOUBLE", "VARCHAR", "TIMESTAMP"), required)))

	timestreamConfiguration = structure("TimestreamConfiguration",
		member("DatabaseName", anyText, required),
		member("TableName", anyText, required),
		member("TimeColumn", schemaName, required),
		member("DimensionMappings", list(0, 0, structure("DimensionMapping",
			member("Name", schemaName, required),
			member("DimensionValueType", enum("VARCHAR"), required))), required),
		member("MultiMeasureMappings", structure("MultiMeasureMappings",
			member("TargetMultiMeasureName", schemaName),
			member("MultiMeasureAttributeMappings", multiMeasureAttributes, required))),
		member("MixedMeasureMappings", list(1, 0, structure("MixedMeasureMapping",
			member("MeasureName", schemaName),
			member("SourceColumn", schemaName),
			member("TargetMeasureName", schemaName),
			member("MeasureValueType", enum("BIGINT", "BOOLEAN", "DOUBLE", "VARCHAR", "MULTI"), required),
			member("MultiMeasureAttributeMappings", multiMeasureAttributes)))),
		member("MeasureNameColumn", schemaName))
)

// Inputs of scheduled queries.
var (
	createScheduledQueryShape = structure("CreateScheduledQueryRequest",
		member("Name", pattern(1, 64, keyPattern), required),
		member("QueryString", secret(1, 262144), required),
		member("ScheduleConfiguration", structure("ScheduleConfiguration",
			member("ScheduleExpression", text(1, 256), required)), required),
		member("NotificationConfiguration", structure("NotificationConfiguration",
			member("SnsConfiguration", structure("SnsConfiguration",
				member("TopicArn", resourceARN, required)), required)), required),
		member("TargetConfiguration", structure("TargetConfiguration",
			member("TimestreamConfiguration", timestreamConfiguration, required))),
		member("ClientToken", secret(32, 128)),
		member("ScheduledQueryExecutionRoleArn", resourceARN, required),
		member("Tags", tagList),
		member("KmsKeyId", kmsKeyID),
		member("ErrorReportConfiguration", structure("ErrorReportConfiguration",
			member("S3Configuration", structure("S3Configuration",
				member("BucketName", bucketName, required),
				member("ObjectKeyPrefix", pattern(1, 896, keyPattern)),
				member("EncryptionOption", enum("SSE_S3", "SSE_KMS"))), required)), required))

	scheduledQueryARNShape = structure("ScheduledQueryRequest",
		member("ScheduledQueryArn", resourceARN, required))

	listScheduledQueriesShape = structure("ListScheduledQueriesRequest",
		member("MaxResults", integer(1, scheduledPageSizeMax)),
		member("NextToken", anyText))

	updateScheduledQueryShape = structure("UpdateScheduledQueryRequest",
		member("ScheduledQueryArn", resourceARN, required),
		member("State", enum("ENABLED", "DISABLED"), required))

	executeScheduledQueryShape = structure("ExecuteScheduledQueryRequest",
		member("ScheduledQueryArn", resourceARN, required),
		member("InvocationTime", &awsjson.Shape{Kind: awsjson.Timestamp}, required),
		member("ClientToken", secret(32, 128)),
		member("QueryInsights", structure("ScheduledQueryInsights",
			member("Mode", enum("ENABLED_WITH_RATE_CONTROL", "DISABLED"), required))))
)
