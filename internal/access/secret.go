package access

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// KeyBytes is how long the keys are that secrets and session tokens are encrypted with: AES-256 in Galois/counter mode.
const KeyBytes = 32

// Cipher encrypts and decrypts secrets. A nil Cipher can do neither.
type Cipher struct{ aead cipher.AEAD }

// NewCipher returns a cipher for a key of KeyBytes.
func NewCipher(key []byte) (*Cipher, error) {
	if len(key) != KeyBytes {
		return nil, fmt.Errorf("the key has %d bytes, but must have %d", len(key), KeyBytes)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return &Cipher{aead}, err
}

// ParseKey reads a key as NewKey writes it.
func ParseKey(text string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != KeyBytes {
		return nil, fmt.Errorf("the key must be %d bytes in base 64, as `tidemark auth new-key` prints", KeyBytes)
	}
	return key, nil
}

// ReadKey reads a file with a key, which must be as secret as the file of users.
func ReadKey(path string) ([]byte, error) {
	text, err := readFile(path)
	if err != nil {
		return nil, err
	}
	key, err := ParseKey(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return key, nil
}

// NewKey returns a new key as text.
func NewKey() string {
	var key [KeyBytes]byte
	_, _ = rand.Read(key[:]) // never fails
	return base64.StdEncoding.EncodeToString(key[:])
}

// secretForm begins an encrypted secret and says how it is encrypted.
const secretForm = "tm1:"

// Encrypt returns the encrypted secret of an access key. It is of no use for another key.
func (c *Cipher) Encrypt(accessKeyID, secret string) string {
	return secretForm + base64.StdEncoding.EncodeToString(c.aead.Seal(nil, nil, []byte(secret), []byte(accessKeyID)))
}

// Decrypt returns the secret of an access key.
func (c *Cipher) Decrypt(accessKeyID, text string) (string, error) {
	if c == nil {
		return "", errors.New("the secret is encrypted, but the server has no key: give --auth-key-file or TIDEMARK_AUTH_KEY")
	}
	sealed, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(text, secretForm))
	if err != nil || !strings.HasPrefix(text, secretForm) {
		return "", fmt.Errorf("EncryptedSecretAccessKey must begin with %s and go on in base 64", secretForm)
	}
	secret, err := c.aead.Open(nil, nil, sealed, []byte(accessKeyID))
	if err != nil {
		return "", errors.New("the secret was encrypted with another key, or for another access key")
	}
	return string(secret), nil
}

// NewAccessKey makes an access key with its secret.
func NewAccessKey() (id, secret string) { return newKeyID("AKIA"), newSecret() }

// newKeyID returns an access key id in the service's form. The prefix tells what sort of key it is.
func newKeyID(prefix string) string { return prefix + rand.Text()[:16] }

// newSecret returns a secret in the service's form: 40 characters of base 64.
func newSecret() string {
	var b [30]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.StdEncoding.EncodeToString(b[:])
}

// uniqueID returns the id of a user or role in the service's form. It is always the same for the same ARN.
func uniqueID(prefix, arn string) string {
	sum := sha256.Sum256([]byte(arn))
	return prefix + base32.StdEncoding.EncodeToString(sum[:])[:17]
}
