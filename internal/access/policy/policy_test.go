package policy

import (
	"strings"
	"testing"
)

const table = "arn:aws:timestream:us-east-1:123456789012:database/plant/table/cpu"

// context makes a Context of pairs; values of one key are divided by |.
func context(pairs ...string) Context {
	m := map[string][]string{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = strings.Split(pairs[i+1], "|")
	}
	return func(key string) ([]string, bool) { v, ok := m[key]; return v, ok }
}

// allow is a policy that allows something under a condition.
func allow(action, resource, condition string) string {
	return `{"Version":"2012-10-17","Statement":[{"Sid":"s","Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `","Condition":{` + condition + `}}]}`
}

func parse(t testing.TB, texts ...string) []*Document {
	t.Helper()
	var docs []*Document
	for _, text := range texts {
		doc, err := Parse([]byte(text), Identity)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		docs = append(docs, doc)
	}
	return docs
}

func TestActionsAndResources(t *testing.T) {
	tests := []struct {
		action, resource string // of the policy
		ask, to          string
		want             Decision
	}{
		{"timestream:Select", table, "timestream:Select", table, Allowed},
		{"TimeStream:sElect", table, "timestream:Select", table, Allowed},
		{"timestream:Select", table, "timestream:SelectValues", "*", NotAllowed},
		{"timestream:Select*", "*", "timestream:SelectValues", "*", Allowed},
		{"timestream:?elect", table, "timestream:Select", table, Allowed},
		{"*", "*", "sts:AssumeRole", table, Allowed},
		{"sts:*", "*", "timestream:Select", table, NotAllowed},
		{"timestream:*", strings.Replace(table, "plant", "PLANT", 1), "timestream:Select", table, NotAllowed},
		{"timestream:*", "arn:aws:timestream:*:*:database/plant/*", "timestream:Select", table, Allowed},
		{"timestream:*", "arn:aws:timestream:*:*:database/plant/*", "timestream:DescribeDatabase", strings.TrimSuffix(table, "/table/cpu"), NotAllowed},
		{"timestream:*", "arn:*:*:*:*:*", "timestream:Select", table, Allowed},
		{"timestream:*", "arn:aws:timestream:us-east-1:1234*:database/*", "timestream:Select", table, Allowed},
		{"timestream:*", "arn:aws:*:database/plant/table/cpu:*:*", "timestream:Select", table, NotAllowed}, // a wildcard ends with its part
		{"timestream:*", "arn:aws:timestream:*:*:*", "timestream:ListDatabases", "*", NotAllowed},
		{"timestream:*", "*", "timestream:ListDatabases", "*", Allowed},
	}
	for _, tt := range tests {
		if got := Decide(parse(t, allow(tt.action, tt.resource, "")), &Request{Action: tt.ask, Resources: []string{tt.to}}); got != tt.want {
			t.Errorf("%+v: %d", tt, got)
		}
	}
}

// An explicit deny goes before everything that allows; NotAction and NotResource are what is left.
func TestEffects(t *testing.T) {
	one := func(text string) string { return `{"Statement":` + text + `}` }
	all := one(`{"Effect":"Allow","Action":"*","Resource":"*"}`)
	other := strings.Replace(table, "plant", "office", 1)
	tests := []struct {
		name string
		docs []string
		to   []string
		want Decision
	}{
		{"nothing", nil, []string{table}, NotAllowed},
		{"deny after allow", []string{all, one(`{"Effect":"Deny","Action":"timestream:*","Resource":"` + table + `"}`)}, []string{table}, Denied},
		{"deny before allow", []string{one(`{"Effect":"Deny","Action":"timestream:*","Resource":"` + table + `"}`), all}, []string{table}, Denied},
		{"deny of another", []string{all, one(`{"Effect":"Deny","Action":"timestream:*","Resource":"` + table + `"}`)}, []string{other}, Allowed},
		{"not action", []string{one(`{"Effect":"Allow","NotAction":["sts:*","timestream:Delete*"],"Resource":"*"}`)}, []string{table}, Allowed},
		{"not action that it is", []string{one(`{"Effect":"Allow","NotAction":"timestream:S*","Resource":"*"}`)}, []string{table}, NotAllowed},
		{"not resource", []string{one(`{"Effect":"Allow","Action":"*","NotResource":"` + other + `"}`)}, []string{table}, Allowed},
		{"not resource that it is", []string{one(`{"Effect":"Allow","Action":"*","NotResource":["` + other + `","` + table + `"]}`)}, []string{table}, NotAllowed},
		{"either name", []string{one(`{"Effect":"Allow","Action":"*","Resource":"` + other + `"}`)}, []string{table, other}, Allowed},
		{"deny by either name", []string{all, one(`{"Effect":"Deny","Action":"*","Resource":"` + other + `"}`)}, []string{table, other}, Denied},
		{"one statement without a list", []string{`{"Version":"2008-10-17","Id":"x","Statement":[{"Effect":"Allow","Action":["timestream:Select"],"Resource":["*"]}]}`},
			[]string{table}, Allowed},
	}
	for _, tt := range tests {
		if got := Decide(parse(t, tt.docs...), &Request{Action: "timestream:Select", Resources: tt.to}); got != tt.want {
			t.Errorf("%s: %d", tt.name, got)
		}
	}
}

func TestConditions(t *testing.T) {
	tests := []struct {
		condition string
		context   Context
		want      bool
	}{
		{`"StringEquals":{"aws:username":["a","b"]}`, context("aws:username", "b"), true},
		{`"StringEquals":{"aws:username":"a*"}`, context("aws:username", "ab"), false},
		{`"StringEquals":{"AWS:UserName":"a"}`, context("aws:username", "A"), false},
		{`"StringEqualsIgnoreCase":{"aws:username":"É"}`, context("aws:username", "é"), true},
		{`"StringNotEqualsIgnoreCase":{"aws:username":"a"}`, context("aws:username", "A"), false},
		{`"StringEquals":{"aws:username":"a"}`, nil, false},
		{`"StringEqualsIfExists":{"aws:username":"a"}`, nil, true},
		{`"StringEqualsIfExists":{"aws:username":"a"}`, context("aws:username", "b"), false},
		{`"StringNotEquals":{"aws:username":["a","b"]}`, context("aws:username", "b"), false},
		{`"StringNotEquals":{"aws:username":["a","b"]}`, context("aws:username", "c"), true},
		{`"StringNotEquals":{"aws:username":"a"}`, nil, true},
		{`"StringLike":{"aws:username":["x","a?c*"]}`, context("aws:username", "abcd"), true},
		{`"StringNotLike":{"aws:username":"a*"}`, context("aws:username", "abcd"), false},
		{`"StringEquals":{"aws:ResourceTag/Team":"a"}`, context("aws:resourcetag/Team", "a"), true},
		{`"StringEquals":{"aws:ResourceTag/Team":"a"}`, context("aws:resourcetag/team", "a"), false},
		{`"StringEquals":{"aws:ResourceTag/team":"${aws:username}"}`, context("aws:resourcetag/team", "a", "aws:username", "a"), true},
		{`"StringLike":{"aws:ResourceTag/team":"${aws:username}"}`, context("aws:resourcetag/team", "abc", "aws:username", "a*"), false},
		{`"StringNotEquals":{"aws:ResourceTag/team":"${aws:username}"}`, context("aws:resourcetag/team", "a"), false},
		{`"StringLike":{"aws:username":"a${*}"}`, context("aws:username", "a*"), true},
		{`"StringLike":{"aws:username":"a${*}"}`, context("aws:username", "ab"), false},
		{`"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}`, context("aws:tagkeys", "b|a"), true},
		{`"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}`, context("aws:tagkeys", "b|c"), false},
		{`"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}`, nil, true},
		{`"ForAnyValue:StringEquals":{"aws:TagKeys":["a","b"]}`, context("aws:tagkeys", "b|c"), true},
		{`"ForAnyValue:StringEquals":{"aws:TagKeys":["a","b"]}`, context("aws:tagkeys", "d|c"), false},
		{`"ForAnyValue:StringEquals":{"aws:TagKeys":["a","b"]}`, nil, false},
		{`"ForAllValues:StringNotEquals":{"aws:TagKeys":["a"]}`, context("aws:tagkeys", "b|a"), false},
		{`"ForAnyValue:StringNotEquals":{"aws:TagKeys":["a"]}`, context("aws:tagkeys", "b|a"), true},
		{`"Null":{"aws:RequestTag/x":"true"}`, nil, true},
		{`"Null":{"aws:RequestTag/x":false}`, nil, false},
		{`"Null":{"aws:RequestTag/x":"false"}`, context("aws:requesttag/x", ""), true},
		{`"IpAddress":{"aws:SourceIp":["10.0.0.0/8","192.168.1.1"]}`, context("aws:sourceip", "192.168.1.1"), true},
		{`"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}`, context("aws:sourceip", "::ffff:10.1.2.3"), true},
		{`"IpAddress":{"aws:SourceIp":"2001:db8::/32"}`, context("aws:sourceip", "2001:db8::1"), true},
		{`"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}`, context("aws:sourceip", "11.0.0.1"), false},
		{`"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}`, context("aws:sourceip", "10.0.0.1"), false},
		{`"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}`, context("aws:sourceip", "nonsense"), false},
		{`"Bool":{"aws:SecureTransport":true}`, context("aws:securetransport", "true"), true},
		{`"Bool":{"aws:SecureTransport":"true"}`, context("aws:securetransport", "false"), false},
		{`"Bool":{"aws:MultiFactorAuthPresent":"false"}`, nil, false},
		{`"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}`, nil, true},
		{`"DateLessThan":{"aws:CurrentTime":"2026-06-01T00:00:00Z"}`, context("aws:currenttime", "2026-05-31T23:59:59Z"), true},
		{`"DateLessThan":{"aws:CurrentTime":"2026-06-01T00:00:00Z"}`, context("aws:currenttime", "2026-06-01T00:00:00Z"), false},
		{`"DateGreaterThanEquals":{"aws:EpochTime":"1970-01-02"}`, context("aws:epochtime", "86400"), true},
		{`"NumericGreaterThan":{"aws:EpochTime":86399}`, context("aws:epochtime", "86400"), true},
		{`"NumericNotEquals":{"aws:EpochTime":86400}`, context("aws:epochtime", "86400"), false},
		{`"NumericLessThanEquals":{"aws:EpochTime":1}`, context("aws:epochtime", "x"), false},
		{`"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/gr*"}`, context("aws:principalarn", "arn:aws:iam::123456789012:role/grafana"), true},
		{`"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/gr*"}`, context("aws:principalarn", "arn:aws:iam::123456789012:role/grafana"), false},
		{`"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::1:*"}`, context("aws:principalarn", "arn:aws:iam::2:user/x"), false},
		{`"StringEquals":{"aws:username":"a"},"Bool":{"aws:SecureTransport":"true"}`, context("aws:username", "a", "aws:securetransport", "false"), false},
		{`"StringEquals":{"aws:username":"a","sts:ExternalId":"e"}`, context("aws:username", "a", "sts:externalid", "e"), true},
	}
	for _, tt := range tests {
		got := Decide(parse(t, allow("*", "*", tt.condition)), &Request{Action: "timestream:Select", Resources: []string{table}, Context: tt.context})
		if (got == Allowed) != tt.want {
			t.Errorf("%s: %d", tt.condition, got)
		}
	}
}

// What cannot be compared is neither the same as something else, so as to allow, nor safe from a Deny of what is not the same.
func TestConditionsThatCannotBeToldDeny(t *testing.T) {
	for _, tt := range []struct {
		condition string
		context   Context
		want      Decision
	}{
		{`"StringNotEquals":{"aws:ResourceTag/owner":"${aws:username}"}`, context("aws:resourcetag/owner", "alice"), Denied},
		{`"StringNotEquals":{"aws:ResourceTag/owner":"${aws:username}"}`, context("aws:resourcetag/owner", "alice", "aws:username", "alice"), Allowed},
		{`"NumericNotEquals":{"aws:RequestTag/level":"1"}`, context("aws:requesttag/level", "one"), Denied},
		{`"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}`, context("aws:sourceip", "nonsense"), Denied},
		{`"StringEquals":{"aws:ResourceTag/owner":"${aws:username}"}`, context("aws:resourcetag/owner", "alice"), Allowed},
	} {
		docs := parse(t, allow("*", "*", ""), strings.Replace(allow("*", "*", tt.condition), "Allow", "Deny", 1))
		if got := Decide(docs, &Request{Action: "timestream:Select", Resources: []string{table}, Context: tt.context}); got != tt.want {
			t.Errorf("Deny if %s: %d", tt.condition, got)
		}
	}
}

// A service takes a role that trusts it, unless it is denied, be it with everybody.
func TestTrustedServices(t *testing.T) {
	const service = `{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"timestream.amazonaws.com"}%}`
	account := `,"Condition":{"StringEquals":{"aws:SourceAccount":"1"}}`
	for _, tt := range []struct {
		statements string
		want       bool
	}{
		{strings.Replace(service, "%", "", 1), true},
		{strings.Replace(service, "%", account, 1), true},
		{strings.Replace(service, "%", strings.Replace(account, "1", "2", 1), 1), false},
		{`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*"}`, false},
		{strings.Replace(service, "%", "", 1) + `,{"Effect":"Deny","Action":"sts:*","Principal":"*"}`, false},
		{strings.Replace(service, "%", "", 1) + `,{"Effect":"Deny","Action":"sts:*","Principal":{"Service":"timestream.amazonaws.com"}}`, false},
		{strings.Replace(service, "%", "", 1) + `,{"Effect":"Deny","Action":"sts:*","Principal":{"Service":"ec2.amazonaws.com"}}`, true},
	} {
		doc, err := Parse([]byte(`{"Version":"2012-10-17","Statement":[`+tt.statements+`]}`), Trust)
		if err != nil {
			t.Fatal(err)
		}
		if got := doc.TrustsService("timestream.amazonaws.com", context("aws:sourceaccount", "1")); got != tt.want {
			t.Errorf("%s: %t", tt.statements, got)
		}
	}
}

// A variable in a resource stands for exactly its value.
func TestVariables(t *testing.T) {
	docs := parse(t, allow("*", "arn:aws:timestream:*:*:database/${aws:username}/*", ""))
	for name, want := range map[string]Decision{"plant": Allowed, "*": NotAllowed, "office": NotAllowed} {
		if got := Decide(docs, &Request{Action: "timestream:Select", Resources: []string{table}, Context: context("aws:username", name)}); got != want {
			t.Errorf("%s: %d", name, got)
		}
	}
	if got := Decide(docs, &Request{Action: "timestream:Select", Resources: []string{table}}); got != NotAllowed {
		t.Errorf("without a name: %d", got)
	}
	old := parse(t, strings.Replace(allow("*", "arn:aws:timestream:*:*:database/${aws:username}/*", ""), "2012", "2008", 1))
	if got := Decide(old, &Request{Action: "timestream:Select", Resources: []string{table}, Context: context("aws:username", "plant")}); got != NotAllowed {
		t.Errorf("the old version has no variables: %d", got)
	}
}

// What is not understood as a whole is not taken, or never matches and is said.
func TestRefusals(t *testing.T) {
	for text, want := range map[string]string{
		`{`:                "read policy",
		`{} {}`:            "after the end",
		`{"Statement":[]}`: "no Statement",
		`{"Version":"2020","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`:                            `Version is "2020"`,
		`{"Statement":{"Effect":"allow","Action":"*","Resource":"*"}}`:                                             `statement 1: its Effect is "allow"`,
		`{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"x","Effect":"Allow","Action":"*"}]}`: "statement 2 (x): it must have either Resource or NotResource",
		`{"Statement":{"Effect":"Allow","Resource":"*"}}`:                                                          "either Action or NotAction",
		`{"Statement":{"Effect":"Allow","Action":"Select","Resource":"*"}}`:                                        `"Select" must be * or have the form`,
		`{"Statement":{"Effect":"Allow","Action":"*","Resource":"database/x"}}`:                                    "an ARN of six parts",
		`{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:timestream:*"}}`:                          "an ARN of six parts",
		`{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Ressource":"*"}}`:                             "unknown field",
		`{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"}}`:                             "only trust policies",
		allow("*", "*", `"StringIs":{"aws:username":"x"}`):                                                         "operator StringIs is not supported; supported are Null, Arn",
		allow("*", "*", `"IpAddress":{"aws:SourceIp":"10.0.0"}`):                                                   "neither an IP address",
		allow("*", "*", `"Bool":{"aws:SecureTransport":"maybe"}`):                                                  "neither true nor false",
		allow("*", "*", `"DateEquals":{"aws:CurrentTime":"noon"}`):                                                 "not a time",
		allow("*", "*", `"StringEquals":{"aws:username":[]}`):                                                      "no values",
		allow("*", "*", `"StringEquals":{"aws:username":{}}`):                                                      "a value of a condition must be",
		allow("*", "arn:aws:timestream:*:*:database/${aws:who}", ""):                                               "${aws:who} is not known",
		allow("*", "arn:aws:timestream:*:*:database/${aws:username", ""):                                           "has no end",
		allow("*", "*", "\n"+`"StringEquals":{"aws:username":"a"},`+"\n"+`"StringEquals":{"aws:userid":"x"}`):      `line 3: the name "StringEquals" is there twice`,
		allow("*", "*", `"StringEquals":{"aws:username":"a","AWS:UserName":"b"}`):                                  `the name "AWS:UserName" is there twice`,
		`{"Statement":{"Effect":"Deny","effect":"Allow","Action":"*","Resource":"*"}}`:                             `the name "effect" is there twice`,
		strings.Replace(allow("s3:Put*", "*", `"StringEquals":{"s3:x-amz-acl":"x"}`), "Allow", "Deny", 1):          "s3:x-amz-acl is not known here",
		strings.Replace(allow("*", "*", `"StringEquals":{"aws:Vpc":"x"}`), "Allow", "Deny", 1):                     "aws:Vpc is not known here, so that the Deny would be weaker",
	} {
		if _, err := Parse([]byte(text), Identity); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	docs := parse(t, allow("timestream:*", "*", `"StringEquals":{"aws:Vpc":"x"}`))
	if w := docs[0].Warnings; len(w) != 1 || w[0] != "statement 1 (s): the condition key aws:Vpc is not known here, so the statement allows nothing" {
		t.Errorf("warnings %q", w)
	}
	if got := Decide(docs, &Request{Action: "timestream:Select", Resources: []string{table}}); got != NotAllowed {
		t.Errorf("an unknown key: %d", got)
	}
	tags := `"StringEquals":{"aws:RequestTag/a":"1","aws:RequestTag/A":"2"}`
	parse(t, allow("*", "*", tags))                                                       // two tags
	parse(t, strings.Replace(allow("s3:GetBucketCORS", "*", tags), "RequestTag", "x", 2)) // never asked for
	if w := parse(t, allow("kms:*", "*", `"Bool":{"kms:GrantIsForAWSResource":true}`))[0].Warnings; len(w) > 0 {
		t.Errorf("what is about another service is nobody's business: %q", w)
	}
}

func TestManagedPolicies(t *testing.T) {
	for name := range managed {
		text, _ := Managed(name)
		parse(t, string(text))
	}
}

// FuzzParse: whatever is written, there is an error or a document that decides without a panic.
func FuzzParse(f *testing.F) {
	f.Add(allow("timestream:*", "arn:aws:timestream:*:*:database/${aws:username}/*", `"StringLike":{"aws:ResourceTag/a":["x*","?"]}`), "timestream:Select", table)
	f.Add(allow("*", "*", `"ForAllValues:StringNotEqualsIfExists":{"aws:TagKeys":"a"},"Null":{"aws:userid":true}`), "", "")
	f.Add(`{"Statement":{"Effect":"Allow","NotAction":"*","NotResource":"*","Principal":{"AWS":"*"}}}`, "*", "*")
	f.Fuzz(func(t *testing.T, text, action, resource string) {
		for _, kind := range []Kind{Identity, Trust} {
			doc, err := Parse([]byte(text), kind)
			if err != nil {
				continue
			}
			c := context("aws:username", "u", "aws:tagkeys", "a|b")
			if kind == Trust {
				doc.Trusts(&Trustee{ARNs: []string{resource}, Account: action}, action, c)
				continue
			}
			Decide([]*Document{doc}, &Request{Action: action, Resources: []string{resource}, Context: c})
		}
	})
}
