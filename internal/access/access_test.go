package access

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/vfs"
	"github.com/tidemarkdb/tidemark/internal/vfs/memfs"
)

const (
	account  = "123456789012"
	oneUser  = `{"Users":[{"UserName":"alice","AccessKeys":[{"AccessKeyId":"AKIA1","SecretAccessKey":"s1"}]}]}`
	allowAll = `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
)

// writeFile writes a file of users and returns its name.
func writeFile(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "users.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// open opens a directory on a text.
func open(t testing.TB, text string, change func(*Options)) (*Directory, error) {
	t.Helper()
	opts := Options{Path: writeFile(t, text), AccountID: account, SessionKey: make([]byte, KeyBytes), Clock: clock.NewManual(time.Unix(1_700_000_000, 0))}
	if change != nil {
		change(&opts)
	}
	return Open(opts)
}

func TestFind(t *testing.T) {
	d, err := open(t, `{"AccountId":"`+account+`","Policies":{"p":`+allowAll+`},"Users":[{"UserName":"alice","Path":"/team/a/","AttachedPolicies":["p"],
		"AccessKeys":[{"AccessKeyId":"AKIA1","SecretAccessKey":"s1"},{"AccessKeyId":"AKIA2","SecretAccessKey":"s2","Status":"Inactive"}]}]}`, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, secret, err := d.Find("AKIA1", "")
	if err != nil || secret != "s1" || p.ARN != "arn:aws:iam::"+account+":user/team/a/alice" || p.UserName != "alice" || p.Type() != "IAMUser" || len(p.ID) != 21 {
		t.Errorf("%+v %q %v", p, secret, err)
	}
	if err := p.Authorize("timestream:Select", []string{"*"}, nil); err != nil {
		t.Error(err)
	}
	for _, id := range []string{"AKIA2", "AKIA3", "", "akia1"} {
		var known *Error
		if _, _, err := d.Find(id, ""); !errors.As(err, &known) || known.Reason != UnknownKey {
			t.Errorf("%q: %v", id, err)
		}
	}
}

// What is wrong with a file is said with its place.
func TestBadFiles(t *testing.T) {
	user := func(members string) string { return `{"Users":[{"UserName":"alice",` + members + `}]}` }
	role := func(members string) string {
		return `{"Roles":[{"RoleName":"r",` + members + `}]}`
	}
	const trust = `"AssumeRolePolicyDocument":{"Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}`
	for text, want := range map[string]string{
		``:                               "read users from",
		`{"User":[]}`:                    `unknown field "User"`,
		`{} {}`:                          "after the end",
		`{"AccountId":"999999999999"}`:   "AccountId is 999999999999, but the server's --account-id is " + account,
		`{"Users":[{"UserName":"a b"}]}`: `"a b" is not a name for a user`,
		`{"Users":[{"UserName":"a"},{"UserName":"a"}]}`: "user a is there twice",
		user(`"Path":"x"`): `user alice: the path "x"`,
		user(`"AttachedPolicies":["AmazonTimestream"]`):                                                                    `user alice: there is no policy "AmazonTimestream"`,
		user(`"Policies":[{"Statement":[]}]`):                                                                              "user alice: policy 1: the policy has no Statement",
		user(`"AccessKeys":[{"AccessKeyId":"A-1","SecretAccessKey":"s"}]`):                                                 `the AccessKeyId "A-1"`,
		user(`"AccessKeys":[{"AccessKeyId":"AKIA1"}]`):                                                                     "must have either SecretAccessKey or EncryptedSecretAccessKey",
		user(`"AccessKeys":[{"AccessKeyId":"AKIA1","SecretAccessKey":"s","Status":"Off"}]`):                                `Status of access key AKIA1 is "Off"`,
		user(`"AccessKeys":[{"AccessKeyId":"AKIA1","SecretAccessKey":"s"},{"AccessKeyId":"AKIA1","SecretAccessKey":"s"}]`): "the access key AKIA1 is there twice",
		user(`"AccessKeys":[{"AccessKeyId":"AKIA1","EncryptedSecretAccessKey":"tm1:AAAA"}]`):                               "the server has no key: give --auth-key-file",
		`{"Policies":{"p":{}}}`: "policy p: the policy has no Statement",
		role(`"Path":"/"`):      "role r has no AssumeRolePolicyDocument",
		role(`"AssumeRolePolicyDocument":{"Statement":{"Effect":"Allow","Principal":{"AWS":"alice"},"Action":"sts:AssumeRole"}}`): `the principal "alice" must be *`,
		role(`"AssumeRolePolicyDocument":{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole"}}`):                             "it has no Principal",
		role(trust + `,"MaxSessionDuration":60`):                                      "MaxSessionDuration is 60",
		role(trust + `,"AccessKeys":[{"AccessKeyId":"AKIA1","SecretAccessKey":"s"}]`): "does not let the service ec2.amazonaws.com take it",
	} {
		if _, err := open(t, text, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\ngot %v\nwant %s", text, err, want)
		}
	}
}

// A file that others can read is refused with what to do.
func TestFileMode(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no modes")
	}
	d, err := open(t, oneUser, nil)
	if err != nil {
		t.Fatal(err)
	}
	for mode, ok := range map[os.FileMode]bool{0o600: true, 0o400: true, 0o640: true, 0o644: false, 0o604: false, 0o660: false, 0o602: false} {
		if err := os.Chmod(d.opts.Path, mode); err != nil {
			t.Fatal(err)
		}
		if err := d.Load(); (err == nil) != ok || err != nil && !strings.Contains(err.Error(), "run chmod 600 "+d.opts.Path) {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
}

// A changed file counts from then on; a bad one changes nothing.
func TestLoad(t *testing.T) {
	var log bytes.Buffer
	d, err := open(t, oneUser, func(o *Options) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	if err != nil {
		t.Fatal(err)
	}
	write := func(text string) error {
		if err := os.WriteFile(d.opts.Path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return d.Load()
	}
	finds := func(id string) bool { _, _, err := d.Find(id, ""); return err == nil }
	if err := write(strings.ReplaceAll(oneUser, "AKIA1", "AKIA2")); err != nil || finds("AKIA1") || !finds("AKIA2") {
		t.Error(err)
	}
	if err := write(`{`); err == nil || !finds("AKIA2") {
		t.Error(err)
	}
	if err := os.Remove(d.opts.Path); err != nil {
		t.Fatal(err)
	}
	if err := d.Load(); !errors.Is(err, os.ErrNotExist) || !finds("AKIA2") {
		t.Error(err)
	}
	const odd = `{"Users":[{"UserName":"alice","Policies":[{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:Vpc":"x"}}}}]}]}`
	if err := write(odd); err != nil || len(d.Warnings()) != 1 || strings.Count(log.String(), "level=WARN") != 1 || !strings.Contains(log.String(), "aws:Vpc") {
		t.Errorf("%v %s", err, log.String())
	}
	if err := d.Load(); err != nil || strings.Count(log.String(), "level=WARN") != 1 {
		t.Errorf("the same text again: %v %s", err, log.String())
	}
}

// Secrets may be encrypted; each for its access key.
func TestEncryptedSecrets(t *testing.T) {
	key, err := ParseKey(NewKey() + "\n")
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	text := func(sealed string) string {
		return `{"Users":[{"UserName":"alice","AccessKeys":[{"AccessKeyId":"AKIA1","EncryptedSecretAccessKey":"` + sealed + `"}]}]}`
	}
	with := func(c *Cipher) func(*Options) { return func(o *Options) { o.Cipher = c } }
	d, err := open(t, text(c.Encrypt("AKIA1", "the secret")), with(c))
	if err != nil {
		t.Fatal(err)
	}
	if _, secret, err := d.Find("AKIA1", ""); err != nil || secret != "the secret" {
		t.Errorf("%q %v", secret, err)
	}
	other, err := NewCipher(make([]byte, KeyBytes))
	if err != nil {
		t.Fatal(err)
	}
	for want, sealed := range map[string]string{
		"for another access key": c.Encrypt("AKIA2", "x"), "with another key": other.Encrypt("AKIA1", "x"), "must begin with tm1:": "x", "go on in base 64": "tm1:?",
	} {
		if _, err := open(t, text(sealed), with(c)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	path := writeFile(t, NewKey())
	if _, err := ReadKey(path); err != nil {
		t.Error(err)
	}
	if _, err := ReadKey(writeFile(t, "short")); err == nil || !strings.Contains(err.Error(), "32 bytes in base 64") {
		t.Error(err)
	}
}

// The key of sessions is made once, and a damaged one is said, with what to do.
func TestSessionKey(t *testing.T) {
	files := memfs.New()
	one, err := LoadSessionKey(files)
	if err != nil || len(one) != KeyBytes {
		t.Fatal(err)
	}
	two, err := LoadSessionKey(files)
	if err != nil || !bytes.Equal(one, two) {
		t.Errorf("another key: %v", err)
	}
	if err := vfs.ReplaceFile(files, sessionKeyFile, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadSessionKey(files); err == nil || !strings.Contains(err.Error(), "remove it to end all sessions") {
		t.Error(err)
	}
}

// A token is of use with its own key, until its time is over, and cannot be changed.
func TestTokens(t *testing.T) {
	now := clock.NewManual(time.Unix(1_700_000_000, 0))
	d, err := open(t, `{"Users":[{"UserName":"alice","AccessKeys":[{"AccessKeyId":"AKIA1","SecretAccessKey":"s1"}]}],
		"Roles":[{"RoleName":"r","AssumeRolePolicyDocument":{"Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}},"Policies":[`+allowAll+`]}]}`,
		func(o *Options) { o.Clock = now })
	if err != nil {
		t.Fatal(err)
	}
	alice, _, err := d.Find("AKIA1", "")
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.AssumeRole(alice, AssumeInput{RoleARN: "arn:aws:iam::" + account + ":role/r", SessionName: "s1", Seconds: 900}, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, secret, err := d.Find(got.AccessKeyID, got.Token)
	if err != nil || secret != got.Secret || p.ARN != "arn:aws:sts::"+account+":assumed-role/r/s1" || p.Type() != "AssumedRole" || p.Role.RoleARN != "arn:aws:iam::"+account+":role/r" {
		t.Errorf("%+v %v", p, err)
	}
	refused := func(what, id, token string, want Reason) {
		t.Helper()
		var known *Error
		if _, _, err := d.Find(id, token); !errors.As(err, &known) || known.Reason != want {
			t.Errorf("%s: %v", what, err)
		}
	}
	refused("the token of another key", "ASIAX", got.Token, UnknownKey)
	refused("no token", got.AccessKeyID, "", UnknownKey)
	refused("a long token", got.AccessKeyID, tokenForm+strings.Repeat("A", 1<<20), UnknownKey)
	for i := range len(got.Token) {
		changed := []byte(got.Token)
		changed[i] ^= 1
		refused("a changed token", got.AccessKeyID, string(changed), UnknownKey)
	}
	now.Advance(900*time.Second - 1)
	if _, _, err := d.Find(got.AccessKeyID, got.Token); err != nil {
		t.Errorf("shortly before its end: %v", err)
	}
	now.Advance(1)
	refused("at its end", got.AccessKeyID, got.Token, Expired)
	refused("an expired token of another key", "ASIAX", got.Token, UnknownKey)
}

// BenchmarkFindSession is what temporary credentials cost a request beyond others.
func BenchmarkFindSession(b *testing.B) {
	d, err := open(b, `{"Roles":[{"RoleName":"r","AssumeRolePolicyDocument":{"Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com","AWS":"*"},"Action":"sts:AssumeRole"}},
		"AccessKeys":[{"AccessKeyId":"AKIA1","SecretAccessKey":"s1"}],"Policies":[`+allowAll+`]}]}`, nil)
	if err != nil {
		b.Fatal(err)
	}
	p, _, err := d.Find("AKIA1", "")
	if err != nil {
		b.Fatal(err)
	}
	got, err := d.AssumeRole(p, AssumeInput{RoleARN: "arn:aws:iam::" + account + ":role/r", SessionName: "s1"}, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		p, _, err := d.Find(got.AccessKeyID, got.Token)
		if err != nil || p.Authorize("timestream:Select", []string{"*"}, nil) != nil {
			b.Fatal(err)
		}
	}
}

// FuzzFile: whatever is in the file, there is an error or a state.
func FuzzFile(f *testing.F) {
	f.Add([]byte(oneUser))
	text, _ := json.Marshal(File{Users: []User{{UserName: "a", Granted: Granted{Policies: []json.RawMessage{[]byte(allowAll)}}}}, Roles: []Role{{RoleName: "r"}}})
	f.Add(text)
	f.Fuzz(func(_ *testing.T, data []byte) {
		_, _ = newState(data, account, nil)
	})
}
