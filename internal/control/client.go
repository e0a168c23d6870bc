package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/tidemarkdb/tidemark/internal/vfs"
)

// Client talks to the server of a data folder.
type Client struct{ http *http.Client }

// Connect finds the server of a data folder. An error means that there is none, or that it cannot be reached; the folder's lock
// tells which.
func Connect(dir string) (*Client, error) {
	conn, err := dial(dir)
	if err != nil {
		return nil, err
	}
	_ = conn.Close() // it was only to see that somebody listens
	transport := &http.Transport{
		DialContext: func(context.Context, string, string) (net.Conn, error) { return dial(dir) },
	}
	return &Client{&http.Client{Transport: transport}}, nil
}

// Close ends the connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Backup is a backup that the server knows is being made.
type Backup struct {
	// Pieces is what to copy. The files stay until End, as long as Renew is called every RenewEvery.
	Pieces     []vfs.Piece
	RenewEvery time.Duration
	client     *Client
	id         string
}

// BeginBackup lets the server pin the files of this moment.
func (c *Client) BeginBackup(ctx context.Context) (*Backup, error) {
	var b begun
	if err := c.do(ctx, http.MethodPost, "/v1/backups", &b); err != nil {
		return nil, fmt.Errorf("begin a backup: %w", err)
	}
	every := max(time.Duration(b.LeaseSeconds)*time.Second/4, time.Second)
	return &Backup{Pieces: b.Pieces, RenewEvery: every, client: c, id: b.ID}, nil
}

// Renew tells the server that the copying goes on. An error means that the files may be gone.
func (b *Backup) Renew(ctx context.Context) error {
	return b.client.do(ctx, http.MethodPut, "/v1/backups/"+b.id, nil)
}

// End tells the server that the files are not needed any more. An error means that they may have been gone before.
func (b *Backup) End(ctx context.Context) error {
	return b.client.do(ctx, http.MethodDelete, "/v1/backups/"+b.id, nil)
}

// do sends a request and reads the answer into out, unless that is nil.
func (c *Client) do(ctx context.Context, method, path string, out any) error {
	r, err := http.NewRequestWithContext(ctx, method, "http://control"+path, nil)
	if err != nil {
		return err
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return fmt.Errorf("ask the server: %w", err)
	}
	if resp.StatusCode >= http.StatusMultipleChoices {
		var f failure
		err = json.NewDecoder(resp.Body).Decode(&f)
		if err != nil || f.Error == "" {
			err = fmt.Errorf("the server answered with status %d", resp.StatusCode)
		} else {
			err = errors.New(f.Error)
		}
	} else if out != nil {
		err = json.NewDecoder(resp.Body).Decode(out)
	}
	if err == nil {
		_, err = io.Copy(io.Discard, resp.Body)
	}
	return errors.Join(err, resp.Body.Close())
}
