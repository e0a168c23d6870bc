"""Runs cases by boto3 or by the AWS CLI: cases.py boto3|cli URL DATABASE CASES. README.md says what cases are. The CLI runs
inside of this process, by the entry that its command has: its start takes longer than all that a case does."""

import contextlib
import datetime
import io
import json
import re
import sys
import time

import boto3
from awscli.clidriver import create_clidriver
from botocore import xform_name
from botocore.exceptions import ClientError

from report import expect, run

client, url, database, cases = sys.argv[1:]
now = time.time()
variables = {
    "database": database,
    "millis": str(int(now * 1000)),
    "now": datetime.datetime.fromtimestamp(int(now), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
}
services = {"write": "timestream-write", "query": "timestream-query"}
sdks = {name: boto3.client(service, endpoint_url=url) for name, service in services.items()}


class Refused(Exception):
    """An error answer: its code, what the user sees, and its members if they are known."""

    def __init__(self, code, text, members=None):
        super().__init__(f"{code}: {text}")
        self.code, self.text, self.members = code, text, members


def by_boto3(case, request):
    """Makes the call of a case by boto3 and returns the answer."""
    sdk = sdks[case["service"]]
    try:
        return getattr(sdk, xform_name(case["operation"]))(**request)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if not isinstance(error, getattr(sdk.exceptions, code)):
            raise AssertionError(f"{code} has no class of its own") from error
        raise Refused(code, error.response["Error"]["Message"], error.response) from error


def by_cli(case, request):
    """Makes the call of a case by the AWS CLI and returns the answer."""
    command = [services[case["service"]], xform_name(case["operation"], "-"), "--cli-input-json", json.dumps(request)]
    out, error = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
        code = create_clidriver().main([*command, "--endpoint-url", url, "--output", "json", "--no-paginate"])
        out.flush()
    if code == 0:
        return json.loads(out.buffer.getvalue() or b"{}")
    shown = error.getvalue().strip()
    match = re.search(r"An error occurred \((\w+)\) when calling the (\w+) operation(?: \(reached max retries: \d+\))?: (.*)", shown, re.DOTALL)
    if not match or match[2] != case["operation"]:
        raise AssertionError(f"the user sees {shown!r}")
    raise Refused(match[1], match[3])


def fits(path, got, want):
    """Raises unless an answer has what a case expects: "*" is anything but nothing, members that are not named do not matter."""
    if want == "*":
        expect(path + " is there", got not in (None, "", [], {}), True)
    elif isinstance(want, dict):
        for name, value in want.items():
            fits(f"{path}.{name}", (got or {}).get(name), value)
    elif isinstance(want, list):
        expect(f"length of {path}", len(got or []), len(want))
        for i, value in enumerate(want):
            fits(f"{path}[{i}]", got[i], value)
    else:
        expect(path, got, want)


def fill(value):
    """Puts variables into the texts of a value."""
    if isinstance(value, dict):
        return {name: fill(v) for name, v in value.items()}
    if isinstance(value, list):
        return [fill(v) for v in value]
    if isinstance(value, str):
        return re.sub(r"\$\{(\w+)\}", lambda m: variables[m[1]], value)
    return value


def scenario(case):
    """Returns a function that runs a case."""

    def check():
        call = by_boto3 if client == "boto3" else by_cli
        try:
            answer = call(case, fill(case["input"]))
        except Refused as error:
            expect("the error", error.code, case.get("error"))
            expect("that the text is in what the user sees: " + error.text, fill(case["text"]) in error.text, True)
            if error.members is not None:
                fits("error", error.members, fill(case.get("members", {})))
            return
        expect("the error", None, case.get("error"))
        fits("answer", answer, fill(case["expect"]))
        for name, path in case.get("save", {}).items():
            value = answer
            for member in path.split("."):
                value = value[member]
            variables[name] = value

    return (f"{case['operation']}/{case['case']}", check)


def repeated(match):
    """Replaces @{200*text@}, and @{200,text@} with commas between; @n in the text counts."""
    texts = [match[3].replace("@n", str(i + 1)) for i in range(int(match[1]))]
    return ("," if match[2] == "," else "").join(texts)


with open(cases, encoding="utf-8") as file:
    text = re.sub(r"@\{(\d+)([*,])(.*?)@\}", repeated, file.read())
run([scenario(case) for case in json.loads(text)])
