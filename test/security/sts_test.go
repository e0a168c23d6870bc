package security

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/timestreamquery"

	"github.com/tidemarkdb/tidemark/internal/access"
	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/test/process"
)

const grafanaRole = "arn:aws:iam::" + account + ":role/grafanaEC2rolelabview"

// trustWorkshop is the trust policy that the workshop has its readers paste, with the role's ARN filled in.
const trustWorkshop = `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid":"",
      "Effect": "Allow",
      "Principal": {
        "Service": "ec2.amazonaws.com"
      },
      "Action": "sts:AssumeRole"
    },
    {
      "Sid":"",
      "Effect": "Allow",
      "Principal": {
        "AWS": "` + grafanaRole + `"
      },
      "Action": "sts:AssumeRole"
    }
  ]
}`

// newRole is a role with a trust policy.
func newRole(name, trust string, policies ...string) access.Role {
	return access.Role{RoleName: name, TrustPolicy: json.RawMessage(trust), Granted: granted(name, policies...).Granted}
}

// trust is a trust policy of one statement.
func trust(effect, principal, condition string) string {
	return `{"Version":"2012-10-17","Statement":{"Effect":"` + effect + `","Principal":` + principal + `,"Action":"sts:AssumeRole","Condition":{` + condition + `}}}`
}

// assume takes a role.
func (w *world) assume(p person, role string, change func(*sts.AssumeRoleInput)) (person, error) {
	in := &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::" + account + ":role/" + role), RoleSessionName: aws.String("test")}
	if change != nil {
		change(in)
	}
	out, err := sts.NewFromConfig(w.config(p)).AssumeRole(context.Background(), in)
	if err != nil {
		return person{}, err
	}
	return person{*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken}, nil
}

// The workshop's Grafana: the machine that it runs on has the role, whose trust policy lets the service EC2 and the role itself take
// it; the data source is told the role's ARN. Here the role's access key is what the machine has.
func TestWorkshopGrafana(t *testing.T) {
	w := newWorld(t, access.File{
		Users: []access.User{granted("admin", "AmazonTimestreamFullAccess")},
		Roles: []access.Role{newRole("grafanaEC2rolelabview", trustWorkshop, "AmazonTimestreamReadOnlyAccess")},
	})
	w.setUp(named("admin"), "iot.host_metrics")
	ctx := context.Background()
	machine := w.config(named("grafanaEC2rolelabview"))
	source := machine.Copy()
	source.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(machine), grafanaRole))
	grafana := timestreamquery.NewFromConfig(source)
	out, err := grafana.Query(ctx, &timestreamquery.QueryInput{QueryString: aws.String("select * from iot.host_metrics order by time desc limit 10")})
	if err != nil || len(out.Rows) != 1 {
		t.Fatalf("%v %+v", err, out)
	}
	who, err := sts.NewFromConfig(source).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil || *who.Account != account || !strings.HasPrefix(*who.Arn, "arn:aws:sts::"+account+":assumed-role/grafanaEC2rolelabview/aws-go-sdk-") ||
		!strings.HasPrefix(*who.UserId, "AROA") {
		t.Errorf("%v %+v", err, who)
	}
	refused(t, "writing with the role", w.writeAs(source), "AccessDeniedException", "User: "+*who.Arn+" is not authorized to perform: timestream:WriteRecords on resource: "+arn+"iot/table/host_metrics")
}

// Who may take a role, and what the session may do.
func TestAssumeRole(t *testing.T) {
	const user = `{"AWS":"arn:aws:iam::` + account + `:user/%"}`
	by := func(name string) string { return strings.Replace(user, "%", name, 1) }
	const root = `{"AWS":"arn:aws:iam::` + account + `:root"}`
	w := newWorld(t, access.File{
		Users: []access.User{granted("alice"), granted("bob", statement("Allow", "sts:AssumeRole", "*")), granted("mallory", statement("Deny", "sts:*", "*"))},
		Roles: []access.Role{
			withoutKeys(newRole("named", trust("Allow", by("alice"), ""), "AmazonTimestreamReadOnlyAccess")),
			withoutKeys(newRole("account", trust("Allow", root, ""))),
			withoutKeys(newRole("everybody", trust("Allow", `"*"`, ""))),
			withoutKeys(newRole("external", trust("Allow", `{"AWS":"*"}`, `"StringEquals":{"sts:ExternalId":"e-1"}`))),
			withoutKeys(newRole("nobody", trust("Deny", `{"AWS":"*"}`, ""))),
			withoutKeys(newRole("chain", trust("Allow", `{"AWS":"arn:aws:iam::`+account+`:role/named"}`, ""))),
		},
	})
	alice, bob, mallory := named("alice"), named("bob"), named("mallory")
	yes := func(p person, role string, change func(*sts.AssumeRoleInput)) person {
		t.Helper()
		got, err := w.assume(p, role, change)
		allowed(t, role, err)
		return got
	}
	no := func(p person, role string, change func(*sts.AssumeRoleInput), code, text string) {
		t.Helper()
		_, err := w.assume(p, role, change)
		if errorCode(err) != code || !strings.Contains(err.Error(), text) {
			t.Errorf("%s takes %s: %v", p.id, role, err)
		}
	}
	const denied = "AccessDenied"
	session := yes(alice, "named", nil)
	no(bob, "named", nil, denied, "User: arn:aws:iam::"+account+":user/bob is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::"+account+":role/named")
	no(alice, "account", nil, denied, "because no identity-based policy allows the sts:AssumeRole action")
	yes(bob, "account", nil)
	yes(alice, "everybody", nil)
	no(mallory, "everybody", nil, denied, "with an explicit deny")
	no(bob, "nobody", nil, denied, "")
	no(bob, "missing", nil, denied, "role/missing")
	no(bob, "external", nil, denied, "")
	no(bob, "external", func(in *sts.AssumeRoleInput) { in.ExternalId = aws.String("e-2") }, denied, "")
	yes(bob, "external", func(in *sts.AssumeRoleInput) { in.ExternalId = aws.String("e-1") })
	yes(session, "chain", nil)
	no(session, "chain", func(in *sts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(7200) }, "ValidationError", "role chaining")
	no(alice, "chain", nil, denied, "")
	for seconds, text := range map[int32]string{899: "between 900 and 43200", 43201: "between", 3601: "MaxSessionDuration"} {
		no(alice, "named", func(in *sts.AssumeRoleInput) { in.DurationSeconds = &seconds }, "ValidationError", text)
	}
	no(alice, "named", func(in *sts.AssumeRoleInput) { in.RoleSessionName = aws.String("a b") }, "ValidationError", "RoleSessionName")
	no(alice, "named", func(in *sts.AssumeRoleInput) { in.Policy = aws.String("{}") }, "MalformedPolicyDocument", "no Statement")
	no(alice, "named", func(in *sts.AssumeRoleInput) {
		in.SerialNumber, in.TokenCode = aws.String("arn:aws:iam::1:mfa/x"), aws.String("123456")
	},
		"ValidationError", "does not support the parameter")
	no(person{id: "AKIANOBODY", secret: "x"}, "named", nil, "InvalidClientTokenId", "")
	no(person{id: alice.id, secret: "x"}, "named", nil, "SignatureDoesNotMatch", "")

	allowed(t, "what the role may do", w.query(session, "SELECT 1"))
	refused(t, "another's token", w.query(person{session.id, session.secret, yes(alice, "named", nil).token}, "SELECT 1"), "UnrecognizedClientException", "")
	refused(t, "without the token", w.query(person{id: session.id, secret: session.secret}, "SELECT 1"), "UnrecognizedClientException", "")
	narrow := yes(alice, "named", func(in *sts.AssumeRoleInput) {
		in.Policy = aws.String(statement("Allow", "timestream:DescribeEndpoints timestream:SelectValues timestream:DeleteTable", "*"))
	})
	allowed(t, "what both allow", w.query(narrow, "SELECT 1"))
	refused(t, "what the session policy does not allow", w.query(narrow, "SHOW DATABASES"), "AccessDeniedException", "because no session policy allows the timestream:ListDatabases action")
}

// Temporary credentials expire, survive a restart, and end when their role does.
func TestSessions(t *testing.T) {
	file := access.File{
		Users: []access.User{granted("alice")},
		Roles: []access.Role{withoutKeys(newRole("reader", trust("Allow", `"*"`, ""), "AmazonTimestreamReadOnlyAccess"))},
	}
	w := newWorld(t, file)
	session, err := w.assume(named("alice"), "reader", nil)
	if err != nil {
		t.Fatal(err)
	}
	expired := w.expiredSession()
	refused(t, "an expired session", w.query(expired, "SELECT 1"), "ExpiredTokenException", "The security token included in the request is expired")
	_, err = sts.NewFromConfig(w.config(expired)).GetCallerIdentity(context.Background(), nil)
	refused(t, "an expired session at STS", err, "ExpiredToken", "expired")
	w.restart()
	allowed(t, "after a restart", w.query(session, "SELECT 1"))
	file.Roles = nil
	w.write(file)
	w.await("the role is gone", func() bool { return errorCode(w.query(session, "SELECT 1")) == "UnrecognizedClientException" })
}

// withoutKeys takes the access keys off a role.
func withoutKeys(r access.Role) access.Role {
	r.AccessKeys = nil
	return r
}

// expiredSession makes credentials that ended a minute ago, with the key that the server keeps for it.
func (w *world) expiredSession() person {
	w.Helper()
	text, err := os.ReadFile(filepath.Join(w.data, "auth", "session.key"))
	if err != nil {
		w.Fatal(err)
	}
	key, err := access.ParseKey(string(text))
	if err != nil {
		w.Fatal(err)
	}
	d, err := access.Open(access.Options{Path: w.users, AccountID: account, SessionKey: key, Clock: clock.NewManual(time.Now().Add(-16 * time.Minute))})
	if err != nil {
		w.Fatal(err)
	}
	p, _, err := d.Find(named("alice").id, "")
	if err != nil {
		w.Fatal(err)
	}
	got, err := d.AssumeRole(p, access.AssumeInput{RoleARN: "arn:aws:iam::" + account + ":role/reader", SessionName: "old", Seconds: 900}, nil)
	if err != nil {
		w.Fatal(err)
	}
	return person{got.AccessKeyID, got.Secret, got.Token}
}

// restart stops the server and starts it again on the same files.
func (w *world) restart(args ...string) {
	w.Helper()
	if code, err := w.Stop(syscall.SIGTERM); err != nil || code != 0 {
		w.Fatal(code, err)
	}
	binary, err := build()
	if err == nil {
		w.Server, err = process.Start(process.Options{Binary: binary, Data: w.data, Args: append([]string{"--auth-file", w.users, "--account-id", account}, args...)})
	}
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(w.Kill)
}

// await waits until something holds, which a running server needs a moment for.
func (w *world) await(what string, holds func() bool) {
	w.Helper()
	for began := time.Now(); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Since(began) > 20*time.Second {
			w.Fatalf("%s: not after %s\n%s", what, time.Since(began), w.Stderr())
		}
	}
}
