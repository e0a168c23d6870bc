package api

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tidemarkdb/tidemark/internal/access"
	"github.com/tidemarkdb/tidemark/internal/api/awsjson"
	"github.com/tidemarkdb/tidemark/internal/audit"
	"github.com/tidemarkdb/tidemark/internal/clock"
	"github.com/tidemarkdb/tidemark/internal/dberr"
	"github.com/tidemarkdb/tidemark/internal/engine"
)

// Options configures the handler. The zero value works.
type Options struct {
	Clock  clock.Clock  // for the Date of answers; default clock.Real
	Logger *slog.Logger // default: discards

	// Access knows who may do what. Without it everybody may do everything, and signatures are not looked at.
	Access *access.Directory
	// LocalOrigins refuses requests of web pages that come from other hosts.
	LocalOrigins bool
	// SkewMax is how far the time of a signature may be from ours. Default SkewDefault, at most SkewLimit.
	SkewMax time.Duration
	// Region is what conditions call the region of requests. Default us-east-1.
	Region string
	// AccountID is what STS tells callers if nobody is asked who he is. Default 000000000000.
	AccountID string

	// EndpointAddress is what DescribeEndpoints answers to everyone. Default: by the request's Host and user agent.
	EndpointAddress string
	// TrustForwardedProto lets a proxy say by X-Forwarded-Proto that its clients use HTTPS.
	TrustForwardedProto bool
	// BodyBytesMax is how long a request body may be, if it is not otherwise less. Default 16 MiB: the largest valid WriteRecords has
	// about 10 MB.
	BodyBytesMax int64
	// WriteBytesMax is the memory for WriteRecords requests under way, OtherBytesMax that for all others. More requests wait,
	// and are throttled in the end. Defaults 64 MiB.
	WriteBytesMax, OtherBytesMax int64
	// RateLimits bounds how many requests are served in a second. Default: none is refused for that. Callers see to it that
	// CheckRateLimits takes them.
	RateLimits []RateLimit
	// Audit is where each request is recorded; nil for nowhere. AuditQueryText has the texts of statements recorded, too.
	Audit          *audit.Log
	AuditQueryText bool
	// BodyWithin is how long a body may take to come, AnswerWithin how long a client may take to read its answer. Defaults 40 s
	// and a minute.
	BodyWithin, AnswerWithin time.Duration
	// NewRequestID makes the id of a request. Default: 26 random characters of base 32.
	NewRequestID func() string
}

// bodyAhead is how much memory is taken for a body before any of it has been read.
const bodyAhead = 256 << 10

// bodyBytesDefault is the default of Options.BodyBytesMax.
const bodyBytesDefault = 16 << 20

// handler serves both services.
type handler struct {
	engine *engine.Engine
	opts   Options
	logger *slog.Logger
	date   dateText
	doors  doors
	rates  rates
	slow   chan struct{} // see decodeSlowly
	calls  sync.Pool     // of *call
}

// New returns the handler for all API operations, a start page and the health checks. It may be used until the engine is
// closed.
func New(e *engine.Engine, opts Options) http.Handler {
	if opts.Clock == nil {
		opts.Clock = clock.Real{}
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.BodyBytesMax == 0 {
		opts.BodyBytesMax = bodyBytesDefault
	}
	if opts.WriteBytesMax == 0 {
		opts.WriteBytesMax = requestBytesDefault
	}
	if opts.OtherBytesMax == 0 {
		opts.OtherBytesMax = requestBytesDefault
	}
	if opts.BodyWithin == 0 {
		opts.BodyWithin = bodyWithin
	}
	if opts.AnswerWithin == 0 {
		opts.AnswerWithin = answerWithin
	}
	if opts.SkewMax == 0 {
		opts.SkewMax = SkewDefault
	}
	opts.SkewMax = min(opts.SkewMax, SkewLimit)
	if opts.Region == "" {
		opts.Region = "us-east-1"
	}
	if opts.AccountID == "" {
		opts.AccountID = "000000000000"
	}
	if opts.NewRequestID == nil {
		opts.NewRequestID = rand.Text
	}
	h := &handler{engine: e, opts: opts, logger: opts.Logger, doors: newDoors(&opts), rates: newRates(opts.RateLimits), slow: make(chan struct{}, runtime.GOMAXPROCS(0))}
	h.calls.New = func() any { return &call{engine: e, region: opts.Region, anyone: opts.Access == nil} }
	return h
}

// call is one request under way. Its buffers are used again for later requests.
type call struct {
	engine    *engine.Engine
	region    string
	anyone    bool // nobody is asked who he is
	r         *http.Request
	requestID string
	operation string
	body      bytes.Buffer
	in        *awsjson.Value // the decoded body, for operations with a shape
	out       awsjson.Writer // the answer's body
	records   recordDecoder
	writing   *engine.WriteRequest // the decoded body of WriteRecords, which has no shape
	sts       bool                 // the call is one of the service STS, which answers in XML
	code      code                 // of the error that was the answer
	text      string               // of the same error
	assuming  *access.AssumeInput  // the input of AssumeRole
	assumed   *assumeAnswer        // its answer
	made      madeName             // what the operation has made, for the audit log

	claimed   claimed
	principal *access.Principal // who calls, once that is proven; nil if nobody is asked
	touched   []string          // ARNs of what the call is about

	door    *door // that the call is inside of
	taken   int64
	unshare func() // gives back a part of a share of the door; nil when it is known who calls
}

// madeName is the name of something that an operation has made, as a member of its answer.
type madeName struct{ member, name string }

// bufferKept is up to which size buffers of a call are kept for the next one.
const bufferKept = 2 << 20

// release gives a call back.
func (h *handler) release(c *call) {
	c.records.release()
	if c.body.Cap() > bufferKept || cap(c.out.Buf) > bufferKept {
		return
	}
	c.body.Reset()
	c.r, c.in, c.requestID, c.operation = nil, nil, "", ""
	c.claimed, c.principal, c.touched, c.writing, c.sts = claimed{}, nil, c.touched[:0], nil, false
	c.code, c.text, c.assuming, c.assumed, c.made = code{}, "", nil, nil, madeName{}
	c.out = awsjson.Writer{Buf: c.out.Buf[:0]}
	h.calls.Put(c)
}

// ServeHTTP answers one request.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.limitBodyTime(w, r)
	if r.Method != http.MethodPost && h.servePage(w, r) {
		return
	}
	began := h.opts.Clock.Now()
	c := h.calls.Get().(*call)
	c.r, c.requestID = r, h.opts.NewRequestID()
	status := http.StatusOK
	err := h.serve(w, c)
	if err != nil {
		status = c.answerError(err)
	}
	header := w.Header()
	header[requestIDHeader] = []string{c.requestID}
	header["Content-Type"] = contentTypeHeader
	if c.sts {
		header["Content-Type"] = contentTypeXML
	}
	header["Content-Length"] = []string{strconv.Itoa(len(c.out.Buf))}
	ended := h.opts.Clock.Now()
	header["Date"] = []string{h.date.at(ended)}
	h.limitAnswerTime(w)
	w.WriteHeader(status)
	_, werr := w.Write(c.out.Buf)
	h.log(c, status, ended.Sub(began), err, werr)
	h.record(c, began, err)
	h.release(c)
}

// answerError makes an error the answer and returns its status.
func (c *call) answerError(err error) int {
	c.out = awsjson.Writer{Buf: c.out.Buf[:0]}
	if c.sts {
		return c.answerSTSError(err)
	}
	kind, text := describeError(err, c.requestID)
	c.code, c.text = kind, text
	writeError(&c.out, err, kind, text)
	return kind.status
}

// requestIDHeader is spelled as the service does, which is not the form that http.Header.Set would make of it.
var requestIDHeader = "x-amzn-RequestId"

// contentTypeHeader is the Content-Type of all answers of the API.
var contentTypeHeader = []string{"application/x-amz-json-1.0"}

// serve carries out the operation of a request; its answer is in c.out then. A panic becomes an error.
func (h *handler) serve(w http.ResponseWriter, c *call) (err error) {
	defer func() {
		if p := recover(); p != nil {
			h.logger.Error("request panicked", "request_id", c.requestID, "operation", c.operation, "panic", p, "stack", string(debug.Stack()))
			err = dberr.New(dberr.Internal, "panic")
		}
	}()
	if tooManyHeaders(c.r.Header) {
		return errTooManyHeaders
	}
	if err := h.checkOrigin(c.r); err != nil {
		return err
	}
	if isSTS(c.r) {
		return h.serveSTS(w, c)
	}
	name, ok := strings.CutPrefix(c.r.Header.Get("X-Amz-Target"), targetPrefix)
	op := operations[name]
	if !ok || op == nil || c.r.Method != http.MethodPost || c.r.URL.Path != "/" {
		return errUnknownOperation
	}
	c.operation = name
	if !isJSON(c.r.Header.Get("Content-Type")) {
		return errContentType
	}
	if encoding := c.r.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return errContentEncoding
	}
	if err := h.receive(w, c, serviceTimestream); err != nil {
		return err
	}
	defer c.leave()
	if err := h.rates.admit(name, h.opts.Clock.Now()); err != nil {
		return err
	}
	if op.shape != nil {
		if c.in, err = decode(c.body.Bytes(), op.shape); err != nil {
			return err
		}
	}
	if op != operations[writeRecords] { // which decodes its input itself
		if err := h.authorize(c); err != nil {
			return err
		}
	}
	return op.run(h, c)
}

// receive finds out who calls, waits for memory, and reads the body. If there is no error the caller calls c.leave.
func (h *handler) receive(w http.ResponseWriter, c *call, service string) error {
	if err := h.identify(c, service); err != nil {
		return err
	}
	if err := h.admit(c); err != nil {
		return err
	}
	err := h.readBody(c)
	if err == nil {
		h.liftBodyTime(w, c.r)
		err = h.prove(c)
	}
	c.leaveShare()
	if err != nil {
		c.leave()
	}
	return err
}

// decode reads a body as its shape asks and checks its constraints.
func decode(body []byte, shape *awsjson.Shape) (*awsjson.Value, error) {
	in, err := awsjson.Decode(body, shape)
	if err != nil {
		return nil, err
	}
	if text := awsjson.Validate(in); text != "" {
		return nil, &constraintError{text}
	}
	return in, nil
}

// isJSON reports whether a content type is one that requests may have. Without one the body is taken to be JSON.
func isJSON(contentType string) bool {
	media, _, _ := strings.Cut(contentType, ";")
	switch strings.ToLower(strings.TrimSpace(media)) {
	case "", "application/x-amz-json-1.0", "application/x-amz-json-1.1", "application/json":
		return true
	}
	return false
}

// readBody reads the request's body into c.body.
func (h *handler) readBody(c *call) error {
	limit := h.bodyMax(c)
	if c.r.ContentLength > limit {
		return errBodyTooLarge
	}
	if c.r.ContentLength > 0 { // room for what is announced, but not much before it comes
		c.body.Grow(int(min(c.r.ContentLength, bodyAhead)) + bytes.MinRead)
	}
	if c.r.ContentLength < 0 && limit > unannounced {
		if _, err := c.body.ReadFrom(io.LimitReader(c.r.Body, unannounced)); err != nil {
			return errBodyUnread
		}
		if c.body.Len() < unannounced {
			return nil
		}
		if err := h.admitLong(c); err != nil {
			return err
		}
	}
	if _, err := c.body.ReadFrom(io.LimitReader(c.r.Body, limit+1-int64(c.body.Len()))); err != nil {
		return errBodyUnread
	}
	if int64(c.body.Len()) > limit {
		return errBodyTooLarge
	}
	return nil
}

// log notes a request: those that failed because of us as errors, all others for debugging only.
func (h *handler) log(c *call, status int, took time.Duration, err, werr error) {
	ctx := c.r.Context()
	level, text := slog.LevelDebug, "request"
	if status >= http.StatusInternalServerError && !errors.Is(err, context.Canceled) {
		level, text = slog.LevelError, "request failed"
	}
	if !h.logger.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{slog.String("request_id", c.requestID), slog.String("operation", c.operation), slog.Int("status", status),
		slog.Int64("duration_ms", took.Milliseconds()), slog.Int("bytes_in", c.body.Len()), slog.Int("bytes_out", len(c.out.Buf)),
		slog.String("user_agent", c.r.UserAgent())}
	if err != nil {
		attrs = append(attrs, slog.Any("error", err))
	}
	if werr != nil {
		attrs = append(attrs, slog.Any("write_error", werr))
	}
	h.logger.LogAttrs(ctx, level, text, attrs...)
}

// dateText is the text of the Date header, made once a second.
type dateText struct {
	mu     sync.Mutex
	second int64
	text   string
}

// at returns the text for a time.
func (d *dateText) at(now time.Time) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := now.Unix(); d.text == "" || s != d.second {
		d.second, d.text = s, now.UTC().Format(http.TimeFormat)
	}
	return d.text
}
