"""boto3 against a server: boto.py code|env URL DATABASE. With "code" the endpoint is an argument of the client, with "env"
it is in AWS_ENDPOINT_URL. The scenarios are described in ../README.md."""

import sys
import time

import boto3
from botocore.exceptions import ClientError

from report import expect, run

mode, url, database = sys.argv[1:]
arguments = {"endpoint_url": url} if mode == "code" else {}
writer = boto3.client("timestream-write", **arguments)
reader = boto3.client("timestream-query", **arguments)
table = "metrics"
now = int(time.time() * 1000)


def refused(code, call, **arguments):
    """Makes a call that must fail with a code, and returns the response."""
    try:
        call(**arguments)
    except ClientError as error:
        expect("the error's code", error.response["Error"]["Code"], code)
        return error
    raise AssertionError(f"no {code}")


def databases():
    """Returns all names, one page for each: boto3 has no paginator for them."""
    names, token = [], {}
    while True:
        page = writer.list_databases(MaxResults=1, **token)
        names += [d["DatabaseName"] for d in page["Databases"]]
        if "NextToken" not in page:
            return names
        token = {"NextToken": page["NextToken"]}


def list_databases():
    expect("database is there", database in databases(), False)


def create():
    made = writer.create_database(DatabaseName=database)["Database"]
    expect("name", made["DatabaseName"], database)
    refused("ConflictException", writer.create_database, DatabaseName=database)
    retention = {"MemoryStoreRetentionPeriodInHours": 24, "MagneticStoreRetentionPeriodInDays": 7}
    made = writer.create_table(DatabaseName=database, TableName=table, RetentionProperties=retention)["Table"]
    expect("status", made["TableStatus"], "ACTIVE")
    expect("retention", made["RetentionProperties"], retention)
    refused("ConflictException", writer.create_table, DatabaseName=database, TableName=table)
    expect("database is there", database in databases(), True)


def write(records):
    return writer.write_records(
        DatabaseName=database,
        TableName=table,
        CommonAttributes={
            "Dimensions": [{"Name": "host", "Value": "h1"}],
            "MeasureName": "cpu",
            "MeasureValueType": "DOUBLE",
            "TimeUnit": "MILLISECONDS",
        },
        Records=records,
    )


def record(second, value, version=1):
    return {"Time": str(now - second * 1000), "MeasureValue": value, "Version": version}


def write_rejected():
    expect("ingested", write([record(0, "0.5", 2)])["RecordsIngested"], {"Total": 1, "MemoryStore": 1, "MagneticStore": 0})
    error = refused("RejectedRecordsException", write, records=[record(1, "1.5"), record(0, "7")])
    expect("message", error.response["Message"], "One or more records have been rejected. See RejectedRecords for details.")
    reason = "The record version 1 is lower than the existing version 2. A higher version is required to update the measure value."
    expect("rejected", error.response["RejectedRecords"], [{"RecordIndex": 1, "Reason": reason, "ExistingVersion": 2}])


def query_pages():
    write([record(second, f"{second}.5") for second in range(2, 25)])
    sql = f'SELECT measure_value::double AS v, host, CAST(NULL AS varchar) AS n FROM "{database}"."{table}" ORDER BY time DESC'
    pages = list(reader.get_paginator("query").paginate(QueryString=sql, PaginationConfig={"PageSize": 10}))
    expect("rows of pages", [len(page["Rows"]) for page in pages], [10, 10, 5])
    rows = [row["Data"] for page in pages for row in page["Rows"]]
    expect("rows", rows, [[{"ScalarValue": f"{n}.5"}, {"ScalarValue": "h1"}, {"NullValue": True}] for n in range(25)])
    columns = [{"Name": n, "Type": {"ScalarType": t}} for n, t in (("v", "DOUBLE"), ("host", "VARCHAR"), ("n", "VARCHAR"))]
    expect("columns", [page["ColumnInfo"] for page in pages], [columns] * 3)
    expect("query ids", len({page["QueryId"] for page in pages}), 1)
    expect("progress", pages[-1]["QueryStatus"]["ProgressPercentage"], 100.0)


def cancel_query():
    sql = f'SELECT time FROM "{database}"."{table}"'
    page = reader.query(QueryString=sql, MaxRows=1)
    answer = reader.cancel_query(QueryId=page["QueryId"])
    expect("message is there", "CancellationMessage" in answer, True)
    refused("ConflictException", reader.query, QueryString=sql, NextToken=page["NextToken"])
    refused("ValidationException", reader.cancel_query, QueryId="AEDACANM")


def validation_text():
    error = refused("ValidationException", reader.query, QueryString=f'SELECT nope FROM "{database}"."{table}"')
    shown = "An error occurred (ValidationException) when calling the Query operation: line 1:8: Column 'nope' does not exist"
    expect("what the user sees", str(error), shown)
    expect("status", error.response["ResponseMetadata"]["HTTPStatusCode"], 400)


def discovery():
    for client in (writer, reader):
        expect("endpoints", client.describe_endpoints()["Endpoints"], [{"Address": url, "CachePeriodInMinutes": 1440}])


def delete():
    writer.delete_table(DatabaseName=database, TableName=table)
    writer.delete_database(DatabaseName=database)
    refused("ResourceNotFoundException", writer.describe_database, DatabaseName=database)


run(
    [
        ("list-databases", list_databases),
        ("create", create),
        ("write-rejected", write_rejected),
        ("query-pages", query_pages),
        ("cancel-query", cancel_query),
        ("validation-text", validation_text),
        ("discovery", discovery),
        ("delete", delete),
    ]
)
