package api

import (
	"github.com/tidemarkdb/tidemark/internal/api/awsjson"
	"github.com/tidemarkdb/tidemark/internal/engine"
)

// The input shapes of all operations, as the service models have them.

// required stands after the shape of a member that must be given.
const required = true

// member is one line of a structure.
func member(name string, shape *awsjson.Shape, required ...bool) awsjson.Member {
	return awsjson.Member{Name: name, Shape: shape, Required: len(required) > 0}
}

// structure is an object with the given members.
func structure(name string, members ...awsjson.Member) *awsjson.Shape {
	return &awsjson.Shape{Kind: awsjson.Structure, Name: name, Members: members}
}

// text is a string of low to high characters; a high of 0 is no bound.
func text(low, high int64) *awsjson.Shape {
	return &awsjson.Shape{Kind: awsjson.String, Min: low, Max: high}
}

// secret is a text that messages do not show.
func secret(low, high int64) *awsjson.Shape {
	return &awsjson.Shape{Kind: awsjson.String, Min: low, Max: high, Sensitive: true}
}

// pattern is a text that must match a regular expression as a whole.
func pattern(low, high int64, re string) *awsjson.Shape {
	return &awsjson.Shape{Kind: awsjson.String, Min: low, Max: high, Pattern: awsjson.NewPattern(re)}
}

// enum is one of the given texts.
func enum(values ...string) *awsjson.Shape {
	return &awsjson.Shape{Kind: awsjson.String, Enum: values}
}

// integer is a number of 32 bits from low to high.
func integer(low, high int64) *awsjson.Shape {
	return &awsjson.Shape{Kind: awsjson.Integer, Min: low, Max: high}
}

// list has low to high elements; a high of 0 is no bound.
func list(low, high int64, elem *awsjson.Shape) *awsjson.Shape {
	return &awsjson.Shape{Kind: awsjson.List, Min: low, Max: high, Elem: elem}
}

// Shapes that several operations share.
var (
	anyText = text(0, 0)
	long    = &awsjson.Shape{Kind: awsjson.Long}
	boolean = &awsjson.Shape{Kind: awsjson.Boolean}
	// A new name is from 3 to 256 characters long; the model has only the pattern.
	createName  = pattern(3, 256, "[a-zA-Z0-9_.-]+")
	namePattern = pattern(0, 0, "[a-zA-Z0-9_.-]+")
	kmsKeyID    = text(1, 2048)
	pageSize    = integer(1, 20)
	schemaName  = text(1, 0)

	tagList = list(0, 200, structure("Tag",
		member("Key", text(1, 128), required),
		member("Value", text(0, 256), required)))

	retentionProperties = structure("RetentionProperties",
		member("MemoryStoreRetentionPeriodInHours", &awsjson.Shape{Kind: awsjson.Long, Min: 1, Max: 8766}, required),
		member("MagneticStoreRetentionPeriodInDays", &awsjson.Shape{Kind: awsjson.Long, Min: 1, Max: 73000}, required))

	magneticStoreWriteProperties = structure("MagneticStoreWriteProperties",
		member("EnableMagneticStoreWrites", boolean, required),
		member("MagneticStoreRejectedDataLocation", structure("MagneticStoreRejectedDataLocation",
			member("S3Configuration", structure("S3Configuration",
				member("BucketName", bucketName),
				member("ObjectKeyPrefix", pattern(1, 928, keyPattern)),
				member("EncryptionOption", enum("SSE_S3", "SSE_KMS")),
				member("KmsKeyId", kmsKeyID))))))

	tableSchema = structure("Schema",
		member("CompositePartitionKey", list(1, 0, structure("PartitionKey",
			member("Type", enum("DIMENSION", "MEASURE"), required),
			member("Name", schemaName),
			member("EnforcementInRecord", enum("REQUIRED", "OPTIONAL"))))))
)

// Inputs of timestream-write.
var (
	createDatabaseShape = structure("CreateDatabaseRequest",
		member("DatabaseName", createName, required),
		member("KmsKeyId", kmsKeyID),
		member("Tags", tagList))

	databaseNameShape = structure("DatabaseRequest",
		member("DatabaseName", anyText, required))

	updateDatabaseShape = structure("UpdateDatabaseRequest",
		member("DatabaseName", anyText, required),
		member("KmsKeyId", kmsKeyID, required))

	listDatabasesShape = structure("ListDatabasesRequest",
		member("NextToken", anyText),
		member("MaxResults", pageSize))

	createTableShape = structure("CreateTableRequest",
		member("DatabaseName", namePattern, required),
		member("TableName", createName, required),
		member("RetentionProperties", retentionProperties),
		member("Tags", tagList),
		member("MagneticStoreWriteProperties", magneticStoreWriteProperties),
		member("Schema", tableSchema))

	tableNameShape = structure("TableRequest",
		member("DatabaseName", anyText, required),
		member("TableName", anyText, required))

	updateTableShape = structure("UpdateTableRequest",
		member("DatabaseName", anyText, required),
		member("TableName", anyText, required),
		member("RetentionProperties", retentionProperties),
		member("MagneticStoreWriteProperties", magneticStoreWriteProperties),
		member("Schema", tableSchema))

	listTablesShape = structure("ListTablesRequest",
		member("DatabaseName", anyText),
		member("NextToken", anyText),
		member("MaxResults", pageSize))

	recordShape = structure("Record",
		member("Dimensions", list(0, 128, structure("Dimension",
			member("Name", schemaName, required),
			member("Value", anyText, required),
			member("DimensionValueType", enum("VARCHAR"))))),
		member("MeasureName", schemaName),
		member("MeasureValue", text(1, 2048)),
		member("MeasureValueType", enum(engine.MeasureTypeNames()...)),
		member("Time", text(1, 256)),
		member("TimeUnit", enum(engine.TimeUnitNames()...)),
		member("Version", long),
		member("MeasureValues", list(0, 256, structure("MeasureValue",
			member("Name", schemaName, required),
			member("Value", text(1, 2048), required),
			member("Type", enum(engine.MeasureTypeNames()...), required)))))

	writeRecordsShape = structure("WriteRecordsRequest",
		member("DatabaseName", anyText, required),
		member("TableName", anyText, required),
		member("CommonAttributes", recordShape),
		member("Records", list(1, 100, recordShape), required))
)

// Inputs of timestream-query.
var (
	queryShape = structure("QueryRequest",
		member("QueryString", secret(1, 262144), required),
		member("ClientToken", secret(32, 128)),
		member("NextToken", text(1, 2048)),
		member("MaxRows", integer(1, 1000)),
		member("QueryInsights", structure("QueryInsights",
			member("Mode", enum(insightsEnabled, "DISABLED"), required))))

	prepareQueryShape = structure("PrepareQueryRequest",
		member("QueryString", secret(1, 262144), required),
		member("ValidateOnly", boolean))

	cancelQueryShape = structure("CancelQueryRequest",
		member("QueryId", pattern(1, 64, "[a-zA-Z0-9]+"), required))
)

// emptyShape is the input of operations that have none.
var emptyShape = structure("DescribeEndpointsRequest")
