package access

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"runtime"
	"slices"

	"github.com/tidemarkdb/tidemark/internal/access/policy"
)

// File is what is written in the file of users. Names are those of IAM.
type File struct {
	AccountID string                     `json:"AccountId,omitempty"` // must be that of the server if it is given
	Users     []User                     `json:"Users,omitempty"`
	Roles     []Role                     `json:"Roles,omitempty"`
	Policies  map[string]json.RawMessage `json:"Policies,omitempty"` // that users and roles attach by name
}

// User is somebody with access keys.
type User struct {
	UserName string `json:"UserName"`
	Path     string `json:"Path,omitempty"` // default "/"
	Granted
}

// Role is what others may take for a while.
type Role struct {
	RoleName           string          `json:"RoleName"`
	Path               string          `json:"Path,omitempty"` // default "/"
	TrustPolicy        json.RawMessage `json:"AssumeRolePolicyDocument"`
	MaxSessionDuration int64           `json:"MaxSessionDuration,omitempty"` // in seconds; default 3600
	// The access keys of a role are what the instance profile is on EC2: who has them is the role, in a session called
	// "instance". The trust policy must trust the service ec2.amazonaws.com.
	Granted
}

// Granted is what users and roles have in common.
type Granted struct {
	AccessKeys       []KeyEntry        `json:"AccessKeys,omitempty"`
	AttachedPolicies []string          `json:"AttachedPolicies,omitempty"` // names in File.Policies, or of AWS's own policies (policy.Managed)
	Policies         []json.RawMessage `json:"Policies,omitempty"`         // written where they belong
}

// KeyEntry is a key with its secret, as it is or encrypted.
type KeyEntry struct {
	AccessKeyID string `json:"AccessKeyId"`
	Secret      string `json:"SecretAccessKey,omitempty"`
	Encrypted   string `json:"EncryptedSecretAccessKey,omitempty"`
	Status      string `json:"Status,omitempty"` // Active (the default) or Inactive
}

// Limits of the file.
const (
	fileBytesMax     = 16 << 20
	sessionSecondMin = 900
	sessionSecondMax = 43200
	sessionDefault   = 3600
)

// Forms of names. Source: IAM API reference.
var (
	nameForm = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)
	pathForm = regexp.MustCompile(`^/([!-~]+/)?$`)
	keyForm  = regexp.MustCompile(`^\w{3,128}$`)
)

// readFile reads the file if its mode keeps secrets secret.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path) // #nosec G304 -- the operator names the file
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := checkMode(path, info.Mode()); err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, fileBytesMax+1))
	if err == nil && len(data) > fileBytesMax {
		err = fmt.Errorf("%s has more than %d bytes", path, fileBytesMax)
	}
	return data, err
}

// checkMode refuses a file that all users of the machine may read, or others than its owner may write. Windows has no such modes.
func checkMode(path string, mode os.FileMode) error {
	const forbidden = 0o027
	if runtime.GOOS != "windows" && mode.Perm()&forbidden != 0 {
		return fmt.Errorf("%s has mode %04o, so that others can read or change the secrets in it: run chmod 600 %[1]s (640 if a group must read it)",
			path, mode.Perm())
	}
	return nil
}

// state is what a file says, ready for use. It never changes.
type state struct {
	keys     map[string]*key // by access key id
	roles    map[string]*role
	warnings []string
}

// key is an access key and whose it is.
type key struct {
	secret string
	owner  *owner
	role   *role // of the access key of a role, else nil
}

// owner is a user, or a role, with what it may do.
type owner struct {
	name, path, arn, id string
	policies            []*policy.Document
}

// role is a role with those who may take it.
type role struct {
	owner
	trust      *policy.Document
	secondsMax int64
}

// reading is a file on its way to a state.
type reading struct {
	*state
	account string
	cipher  *Cipher
	shared  map[string]*policy.Document
	names   map[string]bool // of users and roles that were there
}

// newState reads the text of a file. Errors say what is wrong and where.
func newState(data []byte, account string, cipher *Cipher) (*state, error) {
	if err := policy.CheckNames(data); err != nil {
		return nil, err
	}
	var file File
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&file); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is something after the end of the document")
	}
	if file.AccountID != "" && file.AccountID != account {
		return nil, fmt.Errorf("AccountId is %s, but the server's --account-id is %s", file.AccountID, account)
	}
	r := &reading{&state{keys: map[string]*key{}, roles: map[string]*role{}}, account, cipher, map[string]*policy.Document{}, map[string]bool{}}
	for _, name := range slices.Sorted(maps.Keys(file.Policies)) {
		doc, err := r.document("policy "+name, file.Policies[name], policy.Identity)
		if err != nil {
			return nil, err
		}
		r.shared[name] = doc
	}
	for i := range file.Users {
		if err := r.user(&file.Users[i]); err != nil {
			return nil, err
		}
	}
	for i := range file.Roles {
		if err := r.role(&file.Roles[i]); err != nil {
			return nil, err
		}
	}
	return r.state, nil
}

// document reads a policy.
func (r *reading) document(where string, text []byte, kind policy.Kind) (*policy.Document, error) {
	doc, err := policy.Parse(text, kind)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	for _, w := range doc.Warnings {
		r.warnings = append(r.warnings, where+", "+w)
	}
	return doc, nil
}

// owner makes what users and roles have in common. kind is "user" or "role".
func (r *reading) owner(kind, idPrefix, name, path string, g *Granted) (*owner, error) {
	if path == "" {
		path = "/"
	}
	where := kind + " " + name
	switch {
	case !nameForm.MatchString(name):
		return nil, fmt.Errorf("%q is not a name for a %s: it must have 1 to 64 letters, digits, or characters of _+=,.@-", name, kind)
	case !pathForm.MatchString(path) || len(path) > 512:
		return nil, fmt.Errorf("%s: the path %q must begin and end with a slash", where, path)
	case r.names[where]:
		return nil, fmt.Errorf("%s is there twice", where)
	}
	r.names[where] = true
	arn := "arn:aws:iam::" + r.account + ":" + kind + path + name
	o := &owner{name: name, path: path, arn: arn, id: uniqueID(idPrefix, arn)}
	for _, attached := range g.AttachedPolicies {
		doc := r.shared[attached]
		if doc == nil {
			text, known := policy.Managed(attached)
			if !known {
				return nil, fmt.Errorf("%s: there is no policy %q to attach", where, attached)
			}
			var err error
			if doc, err = r.document(where, text, policy.Identity); err != nil {
				return nil, err
			}
		}
		o.policies = append(o.policies, doc)
	}
	for i, text := range g.Policies {
		doc, err := r.document(fmt.Sprintf("%s: policy %d", where, i+1), text, policy.Identity)
		if err != nil {
			return nil, err
		}
		o.policies = append(o.policies, doc)
	}
	return o, nil
}

// user adds a user.
func (r *reading) user(u *User) error {
	o, err := r.owner("user", "AIDA", u.UserName, u.Path, &u.Granted)
	if err != nil {
		return err
	}
	return r.addKeys("user "+u.UserName, u.AccessKeys, key{owner: o})
}

// role adds a role.
func (r *reading) role(w *Role) error {
	o, err := r.owner("role", "AROA", w.RoleName, w.Path, &w.Granted)
	if err != nil {
		return err
	}
	where := "role " + w.RoleName
	if w.TrustPolicy == nil {
		return fmt.Errorf("%s has no AssumeRolePolicyDocument", where)
	}
	trust, err := r.document(where+": trust policy", w.TrustPolicy, policy.Trust)
	if err != nil {
		return err
	}
	seconds := w.MaxSessionDuration
	if seconds == 0 {
		seconds = sessionDefault
	}
	if seconds < sessionDefault || seconds > sessionSecondMax {
		return fmt.Errorf("%s: MaxSessionDuration is %d, but must be between %d and %d", where, seconds, sessionDefault, sessionSecondMax)
	}
	if len(w.AccessKeys) > 0 && !trust.TrustsService(instanceService, nil) {
		return fmt.Errorf("%s has access keys, which stand for an instance profile, but its trust policy does not let the service %s take it", where, instanceService)
	}
	added := &role{*o, trust, seconds}
	r.roles[w.RoleName] = added
	return r.addKeys(where, w.AccessKeys, key{owner: o, role: added})
}

// instanceService is whom a role trusts that instances have.
const instanceService = "ec2.amazonaws.com"

// addKeys adds access keys that all are like another but for their secrets.
func (r *reading) addKeys(where string, keys []KeyEntry, like key) error {
	for i := range keys {
		k := &keys[i]
		switch {
		case !keyForm.MatchString(k.AccessKeyID):
			return fmt.Errorf("%s: the AccessKeyId %q must have 3 to 128 letters and digits", where, k.AccessKeyID)
		case r.keys[k.AccessKeyID] != nil:
			return fmt.Errorf("%s: the access key %s is there twice", where, k.AccessKeyID)
		case k.Status != "" && k.Status != "Active" && k.Status != "Inactive":
			return fmt.Errorf("%s: the Status of access key %s is %q, but must be Active or Inactive", where, k.AccessKeyID, k.Status)
		case (k.Secret == "") == (k.Encrypted == ""):
			return fmt.Errorf("%s: access key %s must have either SecretAccessKey or EncryptedSecretAccessKey", where, k.AccessKeyID)
		}
		added := like
		added.secret = k.Secret
		if k.Encrypted != "" {
			var err error
			if added.secret, err = r.cipher.Decrypt(k.AccessKeyID, k.Encrypted); err != nil {
				return fmt.Errorf("%s: access key %s: %w", where, k.AccessKeyID, err)
			}
		}
		if k.Status != "Inactive" {
			r.keys[k.AccessKeyID] = &added
		}
	}
	return nil
}
