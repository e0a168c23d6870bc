package config

import (
	"testing"
	"testing/fstest"
)

func TestSizes(t *testing.T) {
	for text, want := range map[string]Bytes{
		"2GiB": 2 << 30, "2gib": 2 << 30, "2G": 2 << 30, "2 GiB": 2 << 30, " 512MiB ": 512 << 20, "1.5GiB": 3 << 29, "2GB": 2e9,
		"100MB": 100e6, "64k": 64 << 10, "1TiB": 1 << 40, "1073741824": 1 << 30, "7b": 7, "0": 0, ".5m": 1 << 19,
	} {
		var b Bytes
		if err := b.Set(text); err != nil || b != want {
			t.Errorf("%q: got %d %v, want %d", text, b, err, want)
		}
		var again Bytes
		if err := again.Set(b.String()); err != nil || again != b {
			t.Errorf("%q is printed as %q, which is read as %d %v", text, b.String(), again, err)
		}
	}
	for _, text := range []string{"", "GiB", "2XiB", "-1GiB", "2GiBs", "1e9", "0x10", "NaN", "Inf", "1..2G", "99999999TiB", "1_000"} {
		var b Bytes
		if err := b.Set(text); err == nil {
			t.Errorf("%q is read as %d", text, b)
		}
	}
}

func TestSizesArePrintedForPeople(t *testing.T) {
	for b, want := range map[Bytes]string{2 << 30: "2GiB", 96 << 20: "96MiB", 1536 << 20: "1536MiB", 1000: "1000", 0: "0"} {
		if got := b.String(); got != want {
			t.Errorf("%d: %s, want %s", b, got, want)
		}
	}
}

func TestMachineMemory(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	meminfo := file("MemTotal:       16384000 kB\nMemFree:         1000 kB\n")
	const all = 16384000 << 10
	tests := []struct {
		name string
		root fstest.MapFS
		want int64
	}{
		{"not Linux", fstest.MapFS{}, memoryUnknown},
		{"no limit", fstest.MapFS{"proc/meminfo": meminfo, "proc/self/cgroup": file("0::/\n")}, all},
		{"limit of a service", fstest.MapFS{"proc/meminfo": meminfo, "proc/self/cgroup": file("0::/system.slice/db.service\n"),
			"sys/fs/cgroup/system.slice/db.service/memory.max": file("1073741824\n"), "sys/fs/cgroup/system.slice/memory.max": file("max\n")}, 1 << 30},
		{"lower limit of the group above", fstest.MapFS{"proc/meminfo": meminfo, "proc/self/cgroup": file("0::/a/b\n"),
			"sys/fs/cgroup/a/b/memory.max": file("2147483648\n"), "sys/fs/cgroup/a/memory.max": file("1073741824\n")}, 1 << 30},
		{"container that sees its own group as root", fstest.MapFS{"proc/meminfo": meminfo, "proc/self/cgroup": file("0::/../../docker/1\n"),
			"sys/fs/cgroup/memory.max": file("536870912\n")}, 512 << 20},
		{"version 1", fstest.MapFS{"proc/meminfo": meminfo, "proc/self/cgroup": file("5:cpu,cpuacct:/x\n4:memory:/docker/1\n"),
			"sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes": file("268435456\n"),
			"sys/fs/cgroup/memory/memory.limit_in_bytes":          file("9223372036854771712\n")}, 256 << 20},
		{"limit above what there is", fstest.MapFS{"proc/meminfo": meminfo, "proc/self/cgroup": file("0::/\n"),
			"sys/fs/cgroup/memory.max": file("1099511627776\n")}, all},
		{"nonsense", fstest.MapFS{"proc/meminfo": file("MemTotal: much kB\n"), "proc/self/cgroup": file("?\n")}, memoryUnknown},
	}
	for _, tt := range tests {
		if got := machineMemory(tt.root); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestDefaultMemory(t *testing.T) {
	c, err := resolve(t, nil, nil)
	if err != nil || c.Memory < memoryMin {
		t.Errorf("%s %v", c.Memory, err)
	}
}
