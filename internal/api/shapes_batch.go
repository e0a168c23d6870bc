package api

import "github.com/tidemarkdb/tidemark/internal/engine"

// The input shapes of batch load, as the service model has them.

// Patterns of buckets and keys; names of scheduled queries are made as keys are.
const (
	bucketPattern = `[a-z0-9][\.\-a-z0-9]{1,61}[a-z0-9]`
	keyPattern    = `[a-zA-Z0-9|!\-_*'\(\)]([a-zA-Z0-9]|[!\-_*'\(\)\/.])+`
)

// Parts of the inputs of batch load.
var (
	oneCharacter = text(1, 1)
	columnName   = text(1, 256)
	bucketName   = pattern(3, 63, bucketPattern)
	objectKey    = pattern(1, 1024, keyPattern)
	batchTaskID  = pattern(3, 32, "[A-Z0-9]+")

	attributeMappings = list(1, 0, structure("MultiMeasureAttributeMapping",
		member("SourceColumn", schemaName, required),
		member("TargetMultiMeasureAttributeName", schemaName),
		member("MeasureValueType", enum("DOUBLE", "BIGINT", "BOOLEAN", "VARCHAR", "TIMESTAMP"))))

	dataModel = structure("DataModel",
		member("TimeColumn", columnName),
		member("TimeUnit", enum(engine.TimeUnitNames()...)),
		member("DimensionMappings", list(1, 0, structure("DimensionMapping",
			member("SourceColumn", schemaName),
			member("DestinationColumn", schemaName))), required),
		member("MultiMeasureMappings", structure("MultiMeasureMappings",
			member("TargetMultiMeasureName", schemaName),
			member("MultiMeasureAttributeMappings", attributeMappings, required))),
		member("MixedMeasureMappings", list(1, 0, structure("MixedMeasureMapping",
			member("MeasureName", schemaName),
			member("SourceColumn", schemaName),
			member("TargetMeasureName", schemaName),
			member("MeasureValueType", enum(engine.MeasureTypeNames()...), required),
			member("MultiMeasureAttributeMappings", attributeMappings)))),
		member("MeasureNameColumn", columnName))
)

// Inputs of batch load.
var (
	createBatchLoadShape = structure("CreateBatchLoadTaskRequest",
		member("ClientToken", secret(1, 64)),
		member("DataModelConfiguration", structure("DataModelConfiguration",
			member("DataModel", dataModel),
			member("DataModelS3Configuration", structure("DataModelS3Configuration",
				member("BucketName", bucketName),
				member("ObjectKey", objectKey))))),
		member("DataSourceConfiguration", structure("DataSourceConfiguration",
			member("DataSourceS3Configuration", structure("DataSourceS3Configuration",
				member("BucketName", bucketName, required),
				member("ObjectKeyPrefix", objectKey)), required),
			member("CsvConfiguration", structure("CsvConfiguration",
				member("ColumnSeparator", oneCharacter),
				member("EscapeChar", oneCharacter),
				member("QuoteChar", oneCharacter),
				member("NullValue", text(1, 256)),
				member("TrimWhiteSpace", boolean))),
			member("DataFormat", enum("CSV"), required)), required),
		member("ReportConfiguration", structure("ReportConfiguration",
			member("ReportS3Configuration", structure("ReportS3Configuration",
				member("BucketName", bucketName, required),
				member("ObjectKeyPrefix", pattern(1, 928, keyPattern)),
				member("EncryptionOption", enum("SSE_S3", "SSE_KMS")),
				member("KmsKeyId", kmsKeyID)))), required),
		member("TargetDatabaseName", namePattern, required),
		member("TargetTableName", namePattern, required),
		member("RecordVersion", long))

	batchTaskShape = structure("BatchLoadTaskRequest",
		member("TaskId", batchTaskID, required))

	listBatchTasksShape = structure("ListBatchLoadTasksRequest",
		member("NextToken", anyText),
		member("MaxResults", integer(1, 100)),
		member("TaskStatus", enum("CREATED", "IN_PROGRESS", "FAILED", "SUCCEEDED", "PROGRESS_STOPPED", "PENDING_RESUME")))
)
