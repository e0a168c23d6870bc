package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/aws/smithy-go"
)

// oneCase is a line of ../cases.json; README.md says what cases are.
type oneCase struct {
	Service, Operation, Case string
	Input, Expect, Members   json.RawMessage
	Error, Text              string
	Save                     map[string]string
}

// caseRunner runs cases by the clients of s.
type caseRunner struct {
	s         *scenarios
	variables map[string]string
}

// runCases runs all cases of a file; a failed one does not keep the later ones from running.
func runCases(s *scenarios, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var cases []oneCase
	if err := json.Unmarshal(repeat(text), &cases); err != nil {
		return err
	}
	r := &caseRunner{s, map[string]string{
		"database": *s.database, "millis": strconv.FormatInt(s.now.UnixMilli(), 10), "now": s.now.UTC().Format(time.RFC3339),
	}}
	for i := range cases {
		c := &cases[i]
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		err := r.run(ctx, c)
		cancel()
		if err != nil {
			fmt.Printf("FAIL %s/%s: %s\n", c.Operation, c.Case, strings.Join(strings.Fields(err.Error()), " "))
			continue
		}
		fmt.Printf("ok %s/%s\n", c.Operation, c.Case)
	}
	return nil
}

var repetition = regexp.MustCompile(`@\{(\d+)([*,])(.*?)@\}`)

// repeat replaces @{200*text@}, and @{200,text@} with commas between; @n in the text counts.
func repeat(text []byte) []byte {
	return repetition.ReplaceAllFunc(text, func(m []byte) []byte {
		parts := repetition.FindSubmatch(m)
		n, _ := strconv.Atoi(string(parts[1])) // digits only
		texts := make([]string, n)
		for i := range texts {
			texts[i] = strings.ReplaceAll(string(parts[3]), "@n", strconv.Itoa(i+1))
		}
		return []byte(strings.Join(texts, strings.Trim(string(parts[2]), "*")))
	})
}

var variable = regexp.MustCompile(`\$\{(\w+)\}`)

// fill puts variables into a text.
func (r *caseRunner) fill(text string) string {
	return variable.ReplaceAllStringFunc(text, func(m string) string { return r.variables[m[2:len(m)-1]] })
}

// run makes the call of a case and compares the answer.
func (r *caseRunner) run(ctx context.Context, c *oneCase) error {
	var client any = r.s.writer
	if c.Service == "query" {
		client = r.s.reader
	}
	method := reflect.ValueOf(client).MethodByName(c.Operation)
	input := reflect.New(method.Type().In(1).Elem())
	if err := json.Unmarshal([]byte(r.fill(string(c.Input))), input.Interface()); err != nil {
		return err
	}
	results := method.Call([]reflect.Value{reflect.ValueOf(ctx), input})
	if err, _ := results[1].Interface().(error); err != nil {
		return r.refused(c, err)
	}
	if c.Error != "" {
		return fmt.Errorf("no %s", c.Error)
	}
	answer, err := plain(results[0].Interface())
	if err != nil {
		return err
	}
	if err := r.compare("answer", answer, c.Expect); err != nil {
		return err
	}
	for name, path := range c.Save {
		value := answer
		for member := range strings.SplitSeq(path, ".") {
			members, _ := value.(map[string]any)
			value = members[member]
		}
		r.variables[name] = fmt.Sprint(value)
	}
	return nil
}

// refused compares an error: its type, its text and its members.
func (r *caseRunner) refused(c *oneCase, err error) error {
	var known smithy.APIError
	if !errors.As(err, &known) || known.ErrorCode() != c.Error || c.Error == "" {
		return fmt.Errorf("error %w, want %q", err, c.Error)
	}
	if name := reflect.TypeOf(known).Elem().Name(); name != c.Error {
		return fmt.Errorf("%s has no type of its own, but %s", c.Error, name)
	}
	if text := r.fill(c.Text); !strings.Contains(known.ErrorMessage(), text) {
		return fmt.Errorf("text %q, want %q in it", known.ErrorMessage(), text)
	}
	members, err := plain(known)
	if err != nil {
		return err
	}
	return r.compare("error", members, c.Members)
}

// plain returns a value of the SDK as encoding/json knows it.
func plain(value any) (any, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	var out any
	return out, json.Unmarshal(text, &out)
}

// compare checks that a value has what a case expects.
func (r *caseRunner) compare(path string, got any, expected json.RawMessage) error {
	if len(expected) == 0 {
		return nil
	}
	var want any
	if err := json.Unmarshal([]byte(r.fill(string(expected))), &want); err != nil {
		return err
	}
	return fits(path, got, want)
}

// fits compares a part of an answer: "*" is anything but nothing, members that are not named do not matter.
func fits(path string, got, want any) error {
	switch want := want.(type) {
	case map[string]any:
		members, _ := got.(map[string]any)
		for name, value := range want {
			if err := fits(path+"."+name, members[name], value); err != nil {
				return err
			}
		}
		return nil
	case []any:
		list, _ := got.([]any)
		if len(list) != len(want) {
			return fmt.Errorf("%s has %d elements, want %d", path, len(list), len(want))
		}
		for i := range want {
			if err := fits(fmt.Sprintf("%s[%d]", path, i), list[i], want[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if list, ok := got.([]any); want == "*" && got != nil && got != "" && (!ok || len(list) > 0) {
		return nil
	}
	return expect(path, got, want)
}
