// Runs cases.json by the AWS SDK for JavaScript v3: node cases.mjs URL DATABASE CASES. README.md says what cases are.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as query from "@aws-sdk/client-timestream-query";
import * as write from "@aws-sdk/client-timestream-write";

const [url, database, file] = process.argv.slice(2);
const sdks = { query, write };
const clients = { query: new query.TimestreamQueryClient({ endpoint: url }), write: new write.TimestreamWriteClient({ endpoint: url }) };
const began = new Date();
const variables = { database, millis: String(began.getTime()), now: began.toISOString() };

// fill puts variables into the texts of a value.
function fill(value) {
  if (Array.isArray(value)) return value.map(fill);
  if (value !== null && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([name, v]) => [name, fill(v)]));
  return typeof value === "string" ? value.replace(/\$\{(\w+)\}/g, (_, name) => variables[name]) : value;
}

// request returns the input of a case. The SDK wants times as objects.
function request(input) {
  const filled = fill(input);
  if (filled.InvocationTime) filled.InvocationTime = new Date(filled.InvocationTime);
  return filled;
}

// fits throws unless an answer has what a case expects: "*" is anything but nothing, members that are not named do not matter.
function fits(path, got, want) {
  if (want === "*") {
    assert.ok(got !== undefined && got !== "" && !(Array.isArray(got) && got.length === 0), `${path} is not there`);
  } else if (Array.isArray(want)) {
    assert.equal(got?.length, want.length, `length of ${path}`);
    want.forEach((value, i) => fits(`${path}[${i}]`, got[i], value));
  } else if (typeof want === "object") {
    for (const [name, value] of Object.entries(want)) fits(`${path}.${name}`, got?.[name], value);
  } else {
    assert.equal(got, want, `${path} is ${got}, want ${want}`);
  }
}

// check runs a case.
async function check(one) {
  const sdk = sdks[one.service];
  let answer;
  try {
    answer = await clients[one.service].send(new sdk[`${one.operation}Command`](request(one.input)));
  } catch (error) {
    assert.equal(error.name, one.error, `${error.name}: ${error.message}`);
    assert.ok(error instanceof sdk[one.error], `${error.name} has no class of its own`);
    assert.ok(error.message.includes(fill(one.text)), `the text is ${error.message}`);
    fits("error", error, fill(one.members ?? {}));
    return;
  }
  assert.equal(one.error, undefined, `no ${one.error}`);
  fits("answer", answer, fill(one.expect));
  for (const [name, path] of Object.entries(one.save ?? {})) {
    variables[name] = path.split(".").reduce((value, member) => value[member], answer);
  }
}

// @{200*text@} repeats a text, @{200,text@} with commas between; @n in the text counts.
const text = readFileSync(file, "utf8").replace(/@\{(\d+)([*,])(.*?)@\}/g, (_, n, kind, part) =>
  Array.from({ length: Number(n) }, (_, i) => part.replaceAll("@n", String(i + 1))).join(kind === "," ? "," : ""),
);
for (const one of JSON.parse(text)) {
  const name = `${one.operation}/${one.case}`;
  try {
    await check(one);
    console.log("ok", name);
  } catch (error) {
    console.log(`FAIL ${name}: ${error.message ?? error}`.replace(/\s+/g, " ").slice(0, 600));
  }
}
