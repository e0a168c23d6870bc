package security

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/timestreamquery"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/tidemarkdb/tidemark/internal/access"
	"github.com/tidemarkdb/tidemark/test/process"
)

const account = "123456789012"

// person is a user of the tests with his key.
type person struct{ id, secret, token string }

// build compiles the program once for all tests.
var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "tidemark-security-")
	if err != nil {
		return "", err
	}
	return process.Build(dir)
})

// TestMain removes the program.
func TestMain(m *testing.M) {
	code := m.Run()
	if binary, err := build(); err == nil {
		_ = os.RemoveAll(filepath.Dir(binary))
	}
	os.Exit(code)
}

// world is a running server with a file of users.
type world struct {
	*testing.T
	*process.Server
	data, users string // folder and file
}

// newWorld starts a server with users. The file is as in IAM, see package access.
func newWorld(t *testing.T, file access.File, args ...string) *world {
	t.Helper()
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	w := &world{T: t, data: filepath.Join(dir, "data"), users: filepath.Join(dir, "users.json")}
	w.write(file)
	w.Server, err = process.Start(process.Options{Binary: binary, Data: w.data,
		Args: append([]string{"--auth-file", w.users, "--account-id", account}, args...)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Kill)
	return w
}

// write replaces the file of users as a whole.
func (w *world) write(file access.File) {
	w.Helper()
	text, err := json.Marshal(file)
	if err == nil {
		err = os.WriteFile(w.users+".new", text, 0o600)
	}
	if err == nil {
		err = os.Rename(w.users+".new", w.users)
	}
	if err != nil {
		w.Fatal(err)
	}
}

// config is an SDK's settings for somebody.
func (w *world) config(p person) aws.Config {
	return aws.Config{Region: "us-east-1", BaseEndpoint: aws.String(w.URL), RetryMaxAttempts: 1, HTTPClient: process.WholeBodies(),
		Credentials: credentials.NewStaticCredentialsProvider(p.id, p.secret, p.token)}
}

func (w *world) writer(p person) *timestreamwrite.Client {
	return timestreamwrite.NewFromConfig(w.config(p))
}

func (w *world) reader(p person) *timestreamquery.Client {
	return timestreamquery.NewFromConfig(w.config(p))
}

// query runs a statement as somebody.
func (w *world) query(p person, text string) error {
	_, err := w.reader(p).Query(context.Background(), &timestreamquery.QueryInput{QueryString: &text})
	return err
}

// setUp has an administrator make databases with tables, each with a row.
func (w *world) setUp(admin person, tables ...string) {
	w.Helper()
	ctx, client := context.Background(), w.writer(admin)
	for _, name := range tables {
		database, table, _ := strings.Cut(name, ".")
		_, err := client.CreateDatabase(ctx, &timestreamwrite.CreateDatabaseInput{DatabaseName: &database})
		if code := errorCode(err); err != nil && code != "ConflictException" {
			w.Fatal(err)
		}
		if _, err := client.CreateTable(ctx, &timestreamwrite.CreateTableInput{DatabaseName: &database, TableName: &table}); err != nil {
			w.Fatal(err)
		}
		if _, err := client.WriteRecords(ctx, records(database, table)); err != nil {
			w.Fatal(err)
		}
	}
}

// refused demands an error of the service with a code, the status 403, and a text that holds another.
func refused(t *testing.T, what string, err error, code, text string) {
	t.Helper()
	var api smithy.APIError
	var answer *smithyhttp.ResponseError
	if !errors.As(err, &api) || !errors.As(err, &answer) {
		t.Errorf("%s: got %v, want %s", what, err, code)
		return
	}
	if api.ErrorCode() != code || !strings.Contains(api.ErrorMessage(), text) || answer.HTTPStatusCode() != http.StatusForbidden {
		t.Errorf("%s: got %d %s: %s\nwant 403 %s: ...%s...", what, answer.HTTPStatusCode(), api.ErrorCode(), api.ErrorMessage(), code, text)
	}
}

// allowed demands that there is no error.
func allowed(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

func errorCode(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// send sends a request that is signed by hand at some time, and may be changed afterwards. It returns status, code and text.
func (w *world) send(p person, at time.Time, operation, body string, change func(*http.Request)) (status int, code, text string) {
	w.Helper()
	r, err := http.NewRequest(http.MethodPost, w.URL+"/", strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "Timestream_20181101."+operation)
	sum := sha256.Sum256([]byte(body))
	err = v4.NewSigner().SignHTTP(context.Background(), aws.Credentials{AccessKeyID: p.id, SecretAccessKey: p.secret, SessionToken: p.token}, r,
		hex.EncodeToString(sum[:]), "timestream", "us-east-1", at)
	if err != nil {
		w.Fatal(err)
	}
	if change != nil {
		change(r)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		w.Fatal(err)
	}
	answer, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		w.Fatal(err)
	}
	var parts struct {
		Type    string `json:"__type"`
		Message string
	}
	_ = json.Unmarshal(answer, &parts) // of an answer that is no error both stay empty
	return resp.StatusCode, parts.Type[strings.LastIndexByte(parts.Type, '#')+1:], parts.Message
}

// replaceBody makes the body of a request another one.
func replaceBody(body string) func(*http.Request) {
	return func(r *http.Request) {
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader([]byte(body))), int64(len(body))
	}
}

// granted is a user with a key made of his name, and policies.
func granted(name string, policies ...string) access.User {
	p := named(name)
	u := access.User{UserName: name, Granted: access.Granted{AccessKeys: []access.KeyEntry{{AccessKeyID: p.id, Secret: p.secret}}}}
	for _, text := range policies {
		if !strings.HasPrefix(text, "{") {
			u.AttachedPolicies = append(u.AttachedPolicies, text)
			continue
		}
		u.Policies = append(u.Policies, json.RawMessage(text))
	}
	return u
}

// named is the key of a user called so.
func named(name string) person {
	return person{id: "AKIA" + strings.ToUpper(name), secret: "secret/of+" + name}
}

// statement is a policy of one statement.
func statement(effect, actions, resources string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":%q,"Action":%s,"Resource":%s}}`, effect, quoted(actions), quoted(resources))
}

func quoted(words string) string {
	text, _ := json.Marshal(strings.Fields(words))
	return string(text)
}

// writeAs writes a record with the settings of somebody.
func (w *world) writeAs(config aws.Config) error {
	_, err := timestreamwrite.NewFromConfig(config, func(o *timestreamwrite.Options) {
		o.EndpointDiscovery.EnableEndpointDiscovery = aws.EndpointDiscoveryDisabled
	}).WriteRecords(context.Background(), records("iot", "host_metrics"))
	return err
}
