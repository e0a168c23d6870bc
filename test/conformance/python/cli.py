"""The AWS CLI against a server: cli.py code|env URL DATABASE. With "code" the endpoint is given by --endpoint-url, with
"env" it is in AWS_ENDPOINT_URL. The scenarios are described in ../README.md."""

import json
import os
import subprocess
import sys
import time

from report import expect, run

mode, url, database = sys.argv[1:]
aws = os.path.join(os.path.dirname(sys.executable), "aws")
table = "metrics"
now = int(time.time() * 1000)


def call(service, operation, **arguments):
    """Runs the CLI and returns exit code, standard output and standard error."""
    command = [aws, service, operation, "--output", "json"]
    if mode == "code":
        command += ["--endpoint-url", url]
    for name, value in arguments.items():
        command += ["--" + name.replace("_", "-"), value if isinstance(value, str) else json.dumps(value)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def answer(service, operation, **arguments):
    """Runs the CLI, which must succeed, and returns what it printed."""
    code, out, error = call(service, operation, **arguments)
    expect(f"exit code of {operation} ({error.strip()})", code, 0)
    return json.loads(out) if out.strip() else {}


def refused(service, operation, **arguments):
    """Runs the CLI, which must fail, and returns what the user sees."""
    code, _, error = call(service, operation, **arguments)
    expect(f"success of {operation}", code == 0, False)
    return error.strip()


def expect_text(shown, text):
    if text not in shown:
        raise AssertionError(f"the user sees {shown!r}, want {text!r} in it")


def list_databases():
    names = [d["DatabaseName"] for d in answer("timestream-write", "list-databases")["Databases"]]
    expect("database is there", database in names, False)


def create():
    made = answer("timestream-write", "create-database", database_name=database)["Database"]
    expect("name", made["DatabaseName"], database)
    expect_text(refused("timestream-write", "create-database", database_name=database), "(ConflictException)")
    made = answer("timestream-write", "create-table", database_name=database, table_name=table)["Table"]
    expect("status", made["TableStatus"], "ACTIVE")
    expect_text(refused("timestream-write", "create-table", database_name=database, table_name=table), "(ConflictException)")


common = {"Dimensions": [{"Name": "host", "Value": "h1"}], "MeasureName": "cpu", "MeasureValueType": "DOUBLE", "TimeUnit": "MILLISECONDS"}


def record(second, value, version=1):
    return {"Time": str(now - second * 1000), "MeasureValue": value, "Version": version}


def write(run_it, records):
    return run_it(
        "timestream-write", "write-records", database_name=database, table_name=table, common_attributes=common, records=records
    )


def write_rejected():
    ingested = write(answer, [record(0, "0.5", 2)])["RecordsIngested"]
    expect("ingested", ingested, {"Total": 1, "MemoryStore": 1, "MagneticStore": 0})
    shown = write(refused, [record(1, "1.5"), record(0, "7")])
    expect_text(shown, "(RejectedRecordsException)")
    expect_text(shown, "One or more records have been rejected. See RejectedRecords for details.")


def query_pages():
    write(answer, [record(second, f"{second}.5") for second in range(2, 25)])
    sql = f'SELECT measure_value::double AS v, CAST(NULL AS varchar) AS n FROM "{database}"."{table}" ORDER BY time DESC'
    out = answer("timestream-query", "query", query_string=sql, page_size=10)
    expect("rows", [row["Data"] for row in out["Rows"]], [[{"ScalarValue": f"{n}.5"}, {"NullValue": True}] for n in range(25)])


def cancel_query():
    sql = f'SELECT time FROM "{database}"."{table}"'
    page = answer("timestream-query", "query", query_string=sql, max_rows=1)
    out = answer("timestream-query", "cancel-query", query_id=page["QueryId"])
    expect("message is there", "CancellationMessage" in out, True)
    shown = refused("timestream-query", "query", query_string=sql, next_token=page["NextToken"])
    expect_text(shown, "(ConflictException)")


def validation_text():
    shown = refused("timestream-query", "query", query_string=f'SELECT nope FROM "{database}"."{table}"')
    expect_text(shown, "An error occurred (ValidationException) when calling the Query operation: line 1:8: Column 'nope' does not exist")


def discovery():
    out = answer("timestream-query", "describe-endpoints")
    expect("endpoints", out["Endpoints"], [{"Address": url, "CachePeriodInMinutes": 1440}])


def delete():
    answer("timestream-write", "delete-table", database_name=database, table_name=table)
    answer("timestream-write", "delete-database", database_name=database)
    shown = refused("timestream-write", "describe-database", database_name=database)
    expect_text(shown, "(ResourceNotFoundException)")


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
