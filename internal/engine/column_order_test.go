package engine

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The expected orders are those of recorded answers of the service; the given ones are the orders of writing.
func TestJavaMapOrder(t *testing.T) {
	tests := map[string]struct{ given, want []string }{
		"workshop iot table": {
			[]string{"region", "az", "hostname"},
			[]string{"hostname", "az", "region"},
		},
		"non-ASCII": {
			[]string{"device_id", "地区"},
			[]string{"地区", "device_id"},
		},
		"one bucket keeps the order of writing": {
			[]string{"truck_id", "fleet", "fuel_capacity", "model", "load_capacity", "make"},
			[]string{"truck_id", "fleet", "fuel_capacity", "model", "load_capacity", "make"},
		},
		"workshop devops table": {
			[]string{"region", "cell", "silo", "availability_zone", "microservice_name", "instance_type", "os_version", "instance_name", "process_name", "jdk_version", "hostname", "az"},
			[]string{"availability_zone", "microservice_name", "hostname", "instance_name", "process_name", "os_version", "az", "jdk_version", "region", "cell", "silo", "instance_type"},
		},
		"attributes": {
			[]string{"video_startup_time", "rebuffering_ratio", "flag"},
			[]string{"flag", "rebuffering_ratio", "video_startup_time"},
		},
		"none": {nil, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, javaMapOrder(tt.given)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
