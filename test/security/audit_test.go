package security

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/access"
	"github.com/tidemarkdb/tidemark/internal/audit"
)

// events reads an audit log; a line is keyed by operation and error, and the last one counts.
func (w *world) events(path string) map[string]audit.Event {
	w.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		w.Fatal(err)
	}
	out := map[string]audit.Event{}
	for line := range strings.Lines(string(text)) {
		var e audit.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			w.Fatalf("%v: %s", err, line)
		}
		out[strings.TrimSpace(e.Name+" "+e.ErrorCode)] = e
	}
	return out
}

// The audit log says who did what, also in vain, and holds neither secrets nor statements nor records unless it is told to.
func TestAuditLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	file := access.File{
		Users: []access.User{granted("admin", "AmazonTimestreamFullAccess"), granted("reader", statement("Allow", "timestream:Select timestream:DescribeEndpoints", "*"))},
		Roles: []access.Role{withoutKeys(newRole("viewer", trust("Allow", `"*"`, ""), "AmazonTimestreamReadOnlyAccess"))},
	}
	w := newWorld(t, file, "--audit-log", path)
	w.setUp(named("admin"), "plant.cpu")
	const text = "SELECT 'very private' FROM plant.cpu"
	allowed(t, "reading", w.query(named("reader"), text))
	_ = w.query(named("reader"), "SELECT 'very private'")
	_ = w.query(named("reader"), "SELECT very_private FROM plant.cpu")
	_ = w.query(person{id: "AKIANOBODY", secret: "guess"}, text)
	session, err := w.assume(named("reader"), "viewer", nil)
	allowed(t, "taking a role", err)
	allowed(t, "as the role", w.query(session, "SHOW DATABASES"))

	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	if err := w.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	w.await("a new file is there", func() bool { _, err := os.Stat(path); return err == nil })
	old := w.events(path + ".1")
	for name, who := range map[string]string{"CreateDatabase": "user/admin", "WriteRecords": "user/admin", "AssumeRole": "user/reader", "Query": "assumed-role/viewer/test",
		"Query AccessDeniedException": "user/reader", "Query ValidationException": "user/reader", "DescribeEndpoints UnrecognizedClientException": ""} {
		e, ok := old[name]
		if !ok || !strings.HasSuffix(e.Identity.ARN, who) || e.Address != "127.0.0.1" || e.RequestID == "" || e.Region != "us-east-1" || e.Account != account {
			t.Errorf("%s: %+v", name, e)
		}
	}
	if id := old["DescribeEndpoints UnrecognizedClientException"].Identity; id.Type != "Unknown" || id.AccessKeyID != "AKIANOBODY" {
		t.Errorf("a stranger: %+v", id)
	}
	if id := old["Query"].Identity; id.AccessKeyID != session.id || id.Session == nil || id.Session.Issuer.ARN != "arn:aws:iam::"+account+":role/viewer" {
		t.Errorf("a session: %+v", id)
	}
	if e := old["WriteRecords"]; string(e.Parameters) != `{"databaseName":"plant","tableName":"cpu","records":1}` || e.ReadOnly || e.Management ||
		len(e.Resources) != 1 || e.Resources[0] != (audit.Resource{Account: account, Type: "AWS::Timestream::Table", ARN: arn + "plant/table/cpu"}) {
		t.Errorf("writing: %+v", e)
	}
	if e := old["Query AccessDeniedException"]; !strings.Contains(e.ErrorMessage, "timestream:SelectValues") || !e.ReadOnly {
		t.Errorf("a refusal: %+v", e)
	}
	if e := old["AssumeRole"]; !strings.Contains(string(e.Response), session.id) || !strings.Contains(string(e.Parameters), "role/viewer") || e.Source != "sts.amazonaws.com" {
		t.Errorf("taking a role: %+v", e)
	}
	all, err := os.ReadFile(path + ".1")
	if err != nil {
		t.Fatal(err)
	}
	for what, secret := range map[string]string{"statements": "private", "secrets": session.secret, "tokens": session.token, "keys": named("reader").secret} {
		if strings.Contains(string(all), secret) {
			t.Errorf("the log has %s: %s", what, all)
		}
	}

	w.restart("--audit-log", path, "--audit-query-text")
	allowed(t, "reading", w.query(named("reader"), text))
	w.await("the statement is in the log", func() bool { return strings.Contains(string(w.events(path)["Query"].Parameters), "very private") })
	began := time.Now()
	if code, err := w.Stop(syscall.SIGTERM); err != nil || code != 0 {
		t.Error(code, err, time.Since(began))
	}
}
