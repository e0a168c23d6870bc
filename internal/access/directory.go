package access

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// Options configures a Directory.
type Options struct {
	// Path is the file of users.
	Path string
	// AccountID is the account that all of them are in. Default 000000000000.
	AccountID string
	// Cipher decrypts secrets of the file; nil if none is encrypted.
	Cipher *Cipher
	// SessionKey, of KeyBytes, encrypts what temporary credentials carry. See LoadSessionKey.
	SessionKey []byte
	Clock      clock.Clock  // default clock.Real
	Logger     *slog.Logger // default: discards
}

// Directory knows all users and roles. It is safe for concurrent use.
type Directory struct {
	opts   Options
	tokens *Cipher
	state  atomic.Pointer[state]
	load   sync.Mutex        // held by Load
	text   [sha256.Size]byte // hash of what state was made from
}

// Open reads the file of users.
func Open(opts Options) (*Directory, error) {
	if opts.AccountID == "" {
		opts.AccountID = "000000000000"
	}
	if opts.Clock == nil {
		opts.Clock = clock.Real{}
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	tokens, err := NewCipher(opts.SessionKey)
	if err != nil {
		return nil, fmt.Errorf("session key: %w", err)
	}
	d := &Directory{opts: opts, tokens: tokens}
	return d, d.Load()
}

// Load reads the file again. Requests that come afterwards go by it. If it is bad in any way what was there stays.
func (d *Directory) Load() error {
	d.load.Lock()
	defer d.load.Unlock()
	data, err := readFile(d.opts.Path)
	if err != nil {
		return fmt.Errorf("read users: %w", err)
	}
	text := sha256.Sum256(data)
	if text == d.text && d.state.Load() != nil {
		return nil
	}
	s, err := newState(data, d.opts.AccountID, d.opts.Cipher)
	if err != nil {
		return fmt.Errorf("read users from %s: %w", d.opts.Path, err)
	}
	d.state.Store(s)
	d.text = text
	for _, w := range s.warnings {
		d.opts.Logger.Warn("a policy has a statement that never matches", "file", d.opts.Path, "policy", w)
	}
	return nil
}

// Keys returns how many access keys are active.
func (d *Directory) Keys() int { return len(d.state.Load().keys) }

// Warnings returns what is odd in the file.
func (d *Directory) Warnings() []string { return d.state.Load().warnings }

// sessionKeyFile keeps the key of session tokens, in the data folder.
const sessionKeyFile = "auth/session.key"

// LoadSessionKey returns the key that a data folder has for session tokens, made if there is none. Sessions survive restarts with
// it; removing the file ends them all.
func LoadSessionKey(files vfs.FS) ([]byte, error) {
	text, err := vfs.ReadAll(files, sessionKeyFile)
	if errors.Is(err, fs.ErrNotExist) {
		text = []byte(NewKey() + "\n")
		if err = files.MkdirAll("auth"); err == nil {
			err = vfs.ReplaceFile(files, sessionKeyFile, text)
		}
		if err == nil {
			err = files.SyncDir("")
		}
	}
	if err != nil {
		return nil, fmt.Errorf("session key: %w", err)
	}
	key, err := ParseKey(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s is damaged; remove it to end all sessions and begin with a new one: %w", sessionKeyFile, err)
	}
	return key, nil
}
