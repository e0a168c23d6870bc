package schedule

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/access"
	"github.com/tidemarkdb/tidemark/internal/api"
	"github.com/tidemarkdb/tidemark/internal/engine"
)

// users is a file with roles: runner may do what the five-minute aggregation does, stranger does not trust the service.
func users(runner string) string {
	const trust = `"AssumeRolePolicyDocument":{"Statement":{"Effect":"Allow","Principal":{"Service":"SERVICE"},"Action":"sts:AssumeRole"}}`
	role := func(name, service, statements string) string {
		return `{"RoleName":"` + name + `","Policies":[{"Statement":[` + statements + `]}],` + strings.Replace(trust, "SERVICE", service, 1) + `}`
	}
	return `{"Roles":[` + role("runner", "timestream.amazonaws.com", runner) + `,` +
		role("stranger", "ec2.amazonaws.com", `{"Effect":"Allow","Action":"*","Resource":"*"}`) + `]}`
}

// allow is a statement about a table, or about everything.
func allow(action, table string) string {
	if table != "*" {
		table = "arn:aws:timestream:us-east-1:000000000000:database/d/table/" + table
	}
	return `{"Effect":"Allow","Action":"timestream:` + action + `","Resource":"` + table + `"}`
}

// TestRoles: a scheduled query does what its role may do, at its creation and in each run.
func TestRoles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users.json")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	reads, writes, makes := allow("Select", "cpu"), allow("WriteRecords", "derived"), allow("CreateTable", "derived")
	reports := `{"Effect":"Allow","Action":["s3:PutObject","s3:GetBucketAcl"],"Resource":["arn:aws:s3:::reports","arn:aws:s3:::reports/*"]}`
	write(users(reads + "," + writes + "," + reports))
	d, err := access.Open(access.Options{Path: path, SessionKey: make([]byte, access.KeyBytes)})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	if err := w.engine.Close(); err != nil {
		t.Fatal(err)
	}
	permits := func(role string) func(engine.Permission) error {
		return api.RolePermits(w.engine, d, "us-east-1")(role)
	}
	w.options.Permit = permits
	w.open(w.fs)
	w.put("h1", minutes(1), 1)

	create := func(role, want string, change ...func(*engine.CreateScheduledQueryInput)) string {
		t.Helper()
		in := definition(change...)
		in.Role = "arn:aws:iam::000000000000:role/" + role
		in.Permit = permits(in.Role)
		arn, err := w.engine.CreateScheduledQuery(ctx, in)
		if want != "" && (err == nil || !strings.Contains(err.Error(), want)) || want == "" && err != nil {
			t.Errorf("with role %s: %v, want %s", role, err, want)
		}
		return arn
	}
	create("nobody", "The role arn:aws:iam::000000000000:role/nobody cannot be assumed")
	create("stranger", "The role arn:aws:iam::000000000000:role/stranger cannot be assumed")
	create("runner", "is not authorized to perform: timestream:CreateTable on resource: arn:aws:timestream:us-east-1:000000000000:database/d/table/derived")
	reload := func(statements ...string) {
		t.Helper()
		write(users(strings.Join(append(statements, reports), ",")))
		if err := d.Load(); err != nil {
			t.Fatal(err)
		}
	}
	reload(reads, makes)
	create("runner", "is not authorized to perform: timestream:WriteRecords")
	reload(writes, makes)
	create("runner", "assumed-role/runner/timestream is not authorized to perform: timestream:Select on resource: arn:aws:timestream:us-east-1:000000000000:database/d/table/cpu")
	create("runner", "is not authorized to perform: timestream:Select", func(in *engine.CreateScheduledQueryInput) {
		in.Query = "SELECT host FROM d.secret" // whose existence is nobody's business
	})
	all := reports
	for part, want := range map[string]string{"s3:PutObject": "s3:PutObject on resource: arn:aws:s3:::reports/", "s3:GetBucketAcl": "s3:GetBucketAcl on resource: arn:aws:s3:::reports because"} {
		reports = strings.Replace(all, part, "s3:Other", 1)
		reload(reads, writes, makes)
		create("runner", "is not authorized to perform: "+want)
	}
	reports = all
	reload(reads, writes, makes)
	arn := create("runner", "")
	other := create("runner", "")
	w.clock.Advance(5 * time.Minute)
	w.scheduler.RunDue(ctx)
	equal(t, "written", w.derived(), []string{"0 h1 1.0 1"})

	for _, c := range []struct {
		arn, want  string
		statements []string
	}{{arn, "is not authorized to perform: timestream:Select", []string{writes}}, {other, "is not authorized to perform: timestream:WriteRecords", []string{reads}}} {
		reload(c.statements...)
		if err := w.engine.ExecuteScheduledQuery(ctx, c.arn, minutes(5).UnixMilli(), false); err != nil {
			t.Fatal(err)
		}
		w.scheduler.RunDue(ctx)
		if q := w.describe(c.arn); q.StateName() != "DISABLED" || !strings.Contains(q.State.Last.Reason, c.want) {
			t.Errorf("after the role has lost a permission: %+v, want %s", q.State.Last, c.want)
		}
	}
}
