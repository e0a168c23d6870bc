// The AWS SDK for JavaScript v3 against a server: node scenarios.mjs code|env URL DATABASE. With "code" the endpoint is an
// option of the client, with "env" it is in AWS_ENDPOINT_URL. The scenarios are described in ../README.md. Each prints
// "ok NAME", or "FAIL NAME: why" on one line; a failed one does not keep the later ones from running.

import assert from "node:assert/strict";
import * as query from "@aws-sdk/client-timestream-query";
import * as write from "@aws-sdk/client-timestream-write";

const [mode, url, database] = process.argv.slice(2);
const options = mode === "code" ? { endpoint: url } : {};
const writer = new write.TimestreamWrite(options);
const reader = new query.TimestreamQuery(options);
const table = "metrics";
const now = Date.now();

// refused makes a call that must fail with an error of a class, and returns it.
async function refused(type, call) {
  try {
    await call();
  } catch (error) {
    assert.ok(error instanceof type, `${error.name}: ${error.message}; want ${type.name}`);
    return error;
  }
  throw new assert.AssertionError({ message: `no ${type.name}` });
}

// databases returns all names, one page for each.
async function databases() {
  const names = [];
  for await (const page of write.paginateListDatabases({ client: writer, pageSize: 1 }, {})) {
    names.push(...page.Databases.map((d) => d.DatabaseName));
  }
  return names;
}

// put writes records of one series.
function put(records) {
  return writer.writeRecords({
    DatabaseName: database,
    TableName: table,
    CommonAttributes: {
      Dimensions: [{ Name: "host", Value: "h1" }],
      MeasureName: "cpu",
      MeasureValueType: "DOUBLE",
      TimeUnit: "MILLISECONDS",
    },
    Records: records,
  });
}

// record returns a value so many seconds before now.
function record(second, value, version = 1) {
  return { Time: String(now - second * 1000), MeasureValue: value, Version: version };
}

const scenarios = {
  async "list-databases"() {
    assert.ok(!(await databases()).includes(database));
  },

  async create() {
    const made = await writer.createDatabase({ DatabaseName: database });
    assert.equal(made.Database.DatabaseName, database);
    await refused(write.ConflictException, () => writer.createDatabase({ DatabaseName: database }));
    const retention = { MemoryStoreRetentionPeriodInHours: 24, MagneticStoreRetentionPeriodInDays: 7 };
    const names = { DatabaseName: database, TableName: table };
    const { Table } = await writer.createTable({ ...names, RetentionProperties: retention });
    assert.equal(Table.TableStatus, "ACTIVE");
    assert.deepEqual(Table.RetentionProperties, retention);
    await refused(write.ConflictException, () => writer.createTable(names));
    assert.ok((await databases()).includes(database));
  },

  async "write-rejected"() {
    const { RecordsIngested } = await put([record(0, "0.5", 2)]);
    assert.deepEqual(RecordsIngested, { Total: 1, MemoryStore: 1, MagneticStore: 0 });
    const error = await refused(write.RejectedRecordsException, () => put([record(1, "1.5"), record(0, "7")]));
    assert.equal(error.message, "One or more records have been rejected. See RejectedRecords for details.");
    const Reason =
      "The record version 1 is lower than the existing version 2. A higher version is required to update the measure value.";
    assert.deepEqual(error.RejectedRecords, [{ RecordIndex: 1, Reason, ExistingVersion: 2 }]);
  },

  async "query-pages"() {
    await put(Array.from({ length: 23 }, (_, i) => record(i + 2, `${i + 2}.5`)));
    const QueryString = `SELECT measure_value::double AS v, host, CAST(NULL AS varchar) AS n FROM "${database}"."${table}" ORDER BY time DESC`;
    const pages = [];
    for await (const page of query.paginateQuery({ client: reader, pageSize: 10 }, { QueryString })) {
      pages.push(page);
    }
    assert.deepEqual(pages.map((page) => page.Rows.length), [10, 10, 5]);
    const rows = pages.flatMap((page) => page.Rows.map((row) => row.Data));
    const want = Array.from({ length: 25 }, (_, i) => [{ ScalarValue: `${i}.5` }, { ScalarValue: "h1" }, { NullValue: true }]);
    assert.deepEqual(rows, want);
    for (const page of pages) {
      assert.deepEqual(page.ColumnInfo.map((c) => [c.Name, c.Type.ScalarType]), [["v", "DOUBLE"], ["host", "VARCHAR"], ["n", "VARCHAR"]]);
      assert.equal(page.QueryId, pages[0].QueryId);
    }
    assert.equal(pages[2].QueryStatus.ProgressPercentage, 100);
  },

  async "cancel-query"() {
    const QueryString = `SELECT time FROM "${database}"."${table}"`;
    const page = await reader.query({ QueryString, MaxRows: 1 });
    const answer = await reader.cancelQuery({ QueryId: page.QueryId });
    assert.ok(answer.CancellationMessage);
    await refused(query.ConflictException, () => reader.query({ QueryString, NextToken: page.NextToken }));
    await refused(query.ValidationException, () => reader.cancelQuery({ QueryId: "AEDACANM" }));
  },

  async "validation-text"() {
    const QueryString = `SELECT nope FROM "${database}"."${table}"`;
    const error = await refused(query.ValidationException, () => reader.query({ QueryString }));
    assert.equal(error.message, "line 1:8: Column 'nope' does not exist");
    assert.equal(error.$metadata.httpStatusCode, 400);
  },

  async discovery() {
    const want = [{ Address: new URL(url).hostname, CachePeriodInMinutes: 1440 }];
    assert.deepEqual((await writer.describeEndpoints({})).Endpoints, want);
    assert.deepEqual((await reader.describeEndpoints({})).Endpoints, want);
  },

  async delete() {
    await writer.deleteTable({ DatabaseName: database, TableName: table });
    await writer.deleteDatabase({ DatabaseName: database });
    await refused(write.ResourceNotFoundException, () => writer.describeDatabase({ DatabaseName: database }));
  },
};

for (const [name, scenario] of Object.entries(scenarios)) {
  try {
    await scenario();
    console.log("ok", name);
  } catch (error) {
    console.log(`FAIL ${name}: ${error.stack ?? error}`.replace(/\s+/g, " ").slice(0, 600));
  }
}
