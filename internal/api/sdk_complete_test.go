package api

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/timestreamquery"
	"github.com/aws/aws-sdk-go-v2/service/timestreamwrite"
	"github.com/aws/smithy-go"

	"github.com/tidemarkdb/tidemark/internal/api/awsjson"
)

// sdkMethods calls f for each operation of a generated client.
func sdkMethods(client any, f func(name string, method reflect.Value, input reflect.Type)) {
	v := reflect.ValueOf(client)
	for i := range v.NumMethod() {
		method := v.Method(i).Type()
		if method.IsVariadic() && method.NumIn() == 3 && method.In(1).Kind() == reflect.Pointer && strings.HasSuffix(method.In(1).Elem().Name(), "Input") {
			f(v.Type().Method(i).Name, v.Method(i), method.In(1).Elem())
		}
	}
}

// generatedClients are the clients of both services. Nothing answers them.
func generatedClients() []any {
	return []any{timestreamwrite.New(timestreamwrite.Options{Region: "us-east-1"}), timestreamquery.New(timestreamquery.Options{Region: "us-east-1"})}
}

// shapeOf returns the shape of an operation's input.
func shapeOf(name string) *awsjson.Shape {
	if name == writeRecords {
		return writeRecordsShape
	}
	return operations[name].shape
}

// TestSDKOperations: every operation of the generated clients is answered, and there is none that no client knows.
func TestSDKOperations(t *testing.T) {
	known := map[string]bool{}
	for _, client := range generatedClients() {
		sdkMethods(client, func(name string, _ reflect.Value, _ reflect.Type) {
			if operations[name] == nil || shapeOf(name) == nil {
				t.Errorf("%s is not answered", name)
			}
			known[name] = true
		})
	}
	if len(known) != len(operations) {
		t.Errorf("the clients have %v, and there are %d operations here", slices.Sorted(maps.Keys(known)), len(operations))
	}
}

// TestSDKInputs: the inputs of the generated clients have the members of our shapes, with the same types, enums and required
// members.
func TestSDKInputs(t *testing.T) {
	members := map[*awsjson.Shape]map[string]bool{} // that some client has
	for _, client := range generatedClients() {
		sdkMethods(client, func(name string, method reflect.Value, input reflect.Type) {
			shape := shapeOf(name)
			if shape == nil {
				return
			}
			compareInput(t, name, input, shape, members)
			compareRequired(t, name, method, input, shape)
		})
	}
	for shape, seen := range members {
		for _, m := range shape.Members {
			if !seen[m.Name] {
				t.Errorf("no client has the member %s of %s", m.Name, shape.Name)
			}
		}
	}
}

// compareInput compares a type of the SDK with a shape.
func compareInput(t *testing.T, path string, typ reflect.Type, shape *awsjson.Shape, members map[*awsjson.Shape]map[string]bool) {
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	kinds := map[reflect.Kind]awsjson.Kind{
		reflect.String: awsjson.String, reflect.Int32: awsjson.Integer, reflect.Int64: awsjson.Long, reflect.Bool: awsjson.Boolean,
		reflect.Slice: awsjson.List, reflect.Struct: awsjson.Structure,
	}
	want, ok := kinds[typ.Kind()]
	if typ == reflect.TypeFor[time.Time]() {
		want = awsjson.Timestamp
	}
	if !ok || shape.Kind != want {
		t.Errorf("%s is of kind %v here and %v in the SDK", path, shape.Kind, typ)
		return
	}
	switch want {
	case awsjson.String:
		if values, ok := reflect.Zero(typ).Type().MethodByName("Values"); ok {
			compareEnum(t, path, values.Func.Call([]reflect.Value{reflect.Zero(typ)})[0], shape)
		}
	case awsjson.List:
		compareInput(t, path+"[]", typ.Elem(), shape.Elem, members)
	case awsjson.Structure:
		if members[shape] == nil {
			members[shape] = map[string]bool{}
		}
		for i := range typ.NumField() {
			field := typ.Field(i)
			if !field.IsExported() {
				continue
			}
			members[shape][field.Name] = true
			at := slices.IndexFunc(shape.Members, func(m awsjson.Member) bool { return m.Name == field.Name })
			if at < 0 {
				t.Errorf("%s has no member %s", path, field.Name)
				continue
			}
			compareInput(t, path+"."+field.Name, field.Type, shape.Members[at].Shape, members)
		}
	}
}

// compareEnum compares the values of an enum.
func compareEnum(t *testing.T, path string, values reflect.Value, shape *awsjson.Shape) {
	var sdk []string
	for i := range values.Len() {
		sdk = append(sdk, values.Index(i).String())
	}
	ours := slices.Clone(shape.Enum)
	slices.Sort(sdk)
	slices.Sort(ours)
	if !slices.Equal(sdk, ours) {
		t.Errorf("%s may be %v here, and %v in the SDK", path, ours, sdk)
	}
}

// compareRequired compares the required members of a shape, whose structures and lists are all there, with those that the SDK
// misses before it makes a call.
func compareRequired(t *testing.T, name string, method reflect.Value, input reflect.Type, shape *awsjson.Shape) {
	in := reflect.New(input)
	allocate(in.Elem())
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // inputs without required members are not refused: nothing shall be sent
	err, _ := method.Call([]reflect.Value{reflect.ValueOf(ctx), in})[1].Interface().(error)
	var invalid smithy.InvalidParamsError
	var sdk, ours []string
	if errors.As(err, &invalid) {
		for _, e := range invalid.Errs() {
			if e, ok := e.(smithy.InvalidParamError); ok { //nolint:errorlint // that is what they are
				sdk = append(sdk, e.Field())
			}
		}
	}
	requiredLeaves(input.Name(), shape, &ours)
	slices.Sort(sdk)
	slices.Sort(ours)
	if !slices.Equal(sdk, ours) {
		t.Errorf("%s requires\n%v here and\n%v in the SDK", name, ours, sdk)
	}
}

// allocate makes all structures of an input, and lists with one element.
func allocate(v reflect.Value) {
	for i := range v.NumField() {
		field := v.Field(i)
		if !v.Type().Field(i).IsExported() {
			continue
		}
		if field.Kind() == reflect.Slice {
			field.Set(reflect.MakeSlice(field.Type(), 1, 1))
			field = field.Index(0)
		}
		if field.Kind() == reflect.Pointer && field.Type().Elem().Kind() == reflect.Struct && field.Type().Elem() != reflect.TypeFor[time.Time]() {
			field.Set(reflect.New(field.Type().Elem()))
			field = field.Elem()
		}
		if field.Kind() == reflect.Struct {
			allocate(field)
		}
	}
}

// requiredLeaves appends the paths of required members that are no structures and no lists, as the SDK writes them.
func requiredLeaves(path string, shape *awsjson.Shape, out *[]string) {
	for _, m := range shape.Members {
		at, inner := path+"."+m.Name, m.Shape
		switch {
		case inner.Kind == awsjson.List:
			at, inner = at+"[0]", inner.Elem
		case inner.Kind != awsjson.Structure && m.Required:
			*out = append(*out, at)
		}
		if inner.Kind == awsjson.Structure {
			requiredLeaves(at, inner, out)
		}
	}
}
