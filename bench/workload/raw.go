package workload

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
)

// RawClient sends WriteRecords over a connection of its own as cheaply as a program in C would: the text of a request is put
// together once, sent with one write, and of the answer only status, length and body are looked at. With it a benchmark on
// one machine measures the server rather than the client.
type RawClient struct {
	conn   net.Conn
	head   []byte // of a request, up to the length
	out    []byte
	in     []byte // read and not yet used
	answer []byte
}

// NewRawClient connects to a server.
func NewRawClient(url string) (*RawClient, error) {
	host := strings.TrimPrefix(url, "http://")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	head := "POST / HTTP/1.1\r\nHost: " + host + "\r\nUser-Agent: raw\r\nContent-Type: application/x-amz-json-1.0\r\n" +
		"X-Amz-Target: Timestream_20181101.WriteRecords\r\nX-Amz-Date: 20260101T000000Z\r\nAuthorization: " + authorization + "\r\nContent-Length: "
	return &RawClient{conn: conn, head: []byte(head), in: make([]byte, 0, 4096)}, nil
}

// Close ends the connection.
func (c *RawClient) Close() error { return c.conn.Close() }

// rawIngested is the answer when all records of a request went to the memory store.
var rawIngested = fmt.Appendf(nil, `{"RecordsIngested":{"MagneticStore":0,"MemoryStore":%[1]d,"Total":%[1]d}}`, requestRecords)

// Write sends a body and waits for the answer, which must say that all records are stored.
func (c *RawClient) Write(body []byte) error {
	c.out = append(strconv.AppendInt(append(c.out[:0], c.head...), int64(len(body)), 10), "\r\n\r\n"...)
	c.out = append(c.out, body...)
	if _, err := c.conn.Write(c.out); err != nil {
		return fmt.Errorf("send request: %w", err)
	}
	status, text, err := c.read()
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	if status != "200" || !bytes.Equal(text, rawIngested) {
		return fmt.Errorf("status %s: %.500s", status, text)
	}
	return nil
}

// read reads an answer. The body is valid until the next call.
func (c *RawClient) read() (status string, body []byte, err error) {
	end := -1
	for end < 0 {
		if err := c.more(); err != nil {
			return "", nil, err
		}
		end = bytes.Index(c.in, []byte("\r\n\r\n"))
	}
	head := c.in[:end+2]
	if !bytes.HasPrefix(head, []byte("HTTP/1.1 ")) || len(head) < 12 {
		return "", nil, fmt.Errorf("no status line: %.100q", head)
	}
	status = string(head[9:12])
	length, err := contentLength(head)
	if err != nil {
		return "", nil, err
	}
	for len(c.in) < end+4+length {
		if err := c.more(); err != nil {
			return "", nil, err
		}
	}
	c.answer = append(c.answer[:0], c.in[end+4:end+4+length]...)
	c.in = append(c.in[:0], c.in[end+4+length:]...)
	return status, c.answer, nil
}

// contentLength finds the length of the body in the head of an answer.
func contentLength(head []byte) (int, error) {
	_, value, ok := bytes.Cut(head, []byte("\r\nContent-Length: "))
	if !ok {
		return 0, errors.New("the answer has no length")
	}
	value, _, _ = bytes.Cut(value, []byte("\r\n"))
	return strconv.Atoi(string(value))
}

// more reads what has come.
func (c *RawClient) more() error {
	if len(c.in) == cap(c.in) {
		c.in = append(c.in, make([]byte, cap(c.in))...)[:len(c.in)]
	}
	n, err := c.conn.Read(c.in[len(c.in):cap(c.in)])
	c.in = c.in[:len(c.in)+n]
	if n == 0 && err == nil {
		err = io.ErrNoProgress
	}
	if n > 0 {
		err = nil
	}
	return err
}
