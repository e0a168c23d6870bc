package mapping

import (
	"encoding/json"
	"reflect"
	"testing"
)

// TestJSON: every documented pattern keeps its meaning over its text.
func TestJSON(t *testing.T) {
	for _, p := range patterns {
		text, err := json.Marshal(p.model)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseJSON(text)
		if err != nil || !reflect.DeepEqual(*got, p.model) {
			t.Errorf("%s: %s\n%+v, %v", p.name, text, got, err)
		}
	}
}

// TestDocumentedJSON: the data model of the service's guide.
func TestDocumentedJSON(t *testing.T) {
	got, err := ParseJSON([]byte(`{"TimeColumn":"timestamp","TimeUnit":"SECONDS",
	 "DimensionMappings":[{"SourceColumn":"vehicle"},{"SourceColumn":"reg","DestinationColumn":"registration"}],
	 "MultiMeasureMappings":{"TargetMultiMeasureName":"metrics","MultiMeasureAttributeMappings":[
	   {"SourceColumn":"wgt","MeasureValueType":"DOUBLE"},
	   {"SourceColumn":"spd","TargetMultiMeasureAttributeName":"speed","MeasureValueType":"DOUBLE"},
	   {"SourceColumn":"pickup","MeasureValueType":"TIMESTAMP"}]}}`))
	want := &Model{TimeColumn: "timestamp", TimeUnit: "SECONDS", Dimensions: []Dimension{{Source: "vehicle"}, {"reg", "registration"}},
		Multi: &Multi{"metrics", []Attribute{{"wgt", "", Double}, {"spd", "speed", Double}, {"pickup", "", Timestamp}}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestWrongJSON: each mistake is named.
func TestWrongJSON(t *testing.T) {
	const begin = "The data model is not valid JSON of a data model: "
	for text, want := range map[string]string{
		``:                                      begin + "it ends too early.",
		`{"TimeColumn":`:                        begin + "it ends too early.",
		`{"TimeColumn" "t"}`:                    begin + "invalid character '\"' after object key at byte 15.",
		`[]`:                                    begin + "it has a value of the wrong type, array.",
		`{"TimeColumn":1}`:                      begin + "TimeColumn has a value of the wrong type, number.",
		`{"Time":"t"}`:                          begin + `unknown field "Time".`,
		`{"TimeColumn":"t"} {}`:                 begin + "there is more after its end.",
		`{"TimeColumn":"t","TimeUnit":"HOURS"}`: "The time unit 'HOURS' of the data model is not one of MILLISECONDS, SECONDS, MICROSECONDS and NANOSECONDS.",
		`{"TimeColumn":"t"}`:                    "The data model must have at least one dimension mapping.",
		`{"MixedMeasureMappings":[{"MeasureValueType":"REAL"}]}`: begin + "the type 'REAL' is unknown.",
	} {
		if _, err := ParseJSON([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", text, err, want)
		}
	}
}
