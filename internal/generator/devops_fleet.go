package generator

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
)

// region is a part of the world with its number of cells, silos in each cell, and hours east of UTC.
type region struct {
	name         string
	cells, silos int
	hoursEast    float64
}

// The fleet of the workshop's generator at scale 1: 101 silos of 10 servers with 12 processes, which is 1,010 metric and
// 1,212 event series (clients.md 4.1).
var regions = []region{
	{"eu-central-1", 1, 1, 1},
	{"us-east-1", 15, 3, -5},
	{"us-east-2", 2, 2, -5},
	{"us-west-1", 6, 2, -8},
	{"us-west-2", 2, 2, -8},
	{"eu-west-1", 10, 2, 0},
	{"ap-northeast-1", 5, 3, 9},
}

// service is a microservice: how many servers it has in a silo, on what, and the processes on each.
type service struct {
	name         string
	servers      int
	instanceType string
	memoryMB     float64
	osVersion    string
	jdkVersion   string
	processes    []string
	// hot and idle: one server in each silo always runs above 80 % or below 20 % CPU.
	hot, idle bool
}

// services are the microservices of every silo.
var services = []service{
	{"apollo", 3, "r5.4xlarge", 131072, "AL2", "JDK_11", []string{"server"}, false, true},
	{"athena", 1, "m5.8xlarge", 131072, "AL2012", "JDK_8", []string{"server", "host_manager"}, false, false},
	{"demeter", 1, "c5.16xlarge", 131072, "AL2012", "JDK_8", []string{"server", "host_manager"}, false, false},
	{"hercules", 2, "r5.4xlarge", 131072, "AL2012", "JDK_8", []string{"server"}, false, false},
	{"zeus", 3, "m5.4xlarge", 65536, "AL2", "JDK_11", []string{"server"}, true, false},
}

// silo is one silo of one cell.
type silo struct {
	region     int // index into regions
	cell, silo int // from 1
}

// showcases are the silos that the workshop's statements name: the smallest fleet has them.
var showcases = []silo{{6, 5, 2}, {6, 1, 1}, {1, 1, 1}}

// silosByRank returns all silos in the order in which a growing fleet takes them: those that statements name, then the
// first cell of each region, and so on.
func silosByRank() []silo {
	var rest []silo
	for r, region := range regions {
		for c := 1; c <= region.cells; c++ {
			for s := 1; s <= region.silos; s++ {
				if one := (silo{r, c, s}); !slices.Contains(showcases, one) {
					rest = append(rest, one)
				}
			}
		}
	}
	slices.SortStableFunc(rest, func(a, b silo) int {
		return cmp.Or(a.cell-b.cell, a.silo-b.silo, a.region-b.region)
	})
	return append(slices.Clone(showcases), rest...)
}

// load is how busy a server is.
type load uint8

// The loads of servers.
const (
	normal load = iota
	hot
	idle
)

// server is one server of the fleet with its processes.
type server struct {
	id        uint64 // for dice: depends on the seed and the names only, so that a server is the same at every scale
	region    int
	load      load
	memoryMB  float64
	dims      []Dimension
	processes []process
}

// process is one process on a server.
type process struct {
	id   uint64
	dims []Dimension
}

// fleet returns the servers of a scale: each silo once per whole scale, the fraction going to the first silos.
func fleet(o Options) []server {
	ranked := silosByRank()
	var servers []server
	for i := range o.scaled(len(ranked), len(showcases)) {
		servers = append(servers, siloServers(o.Seed, ranked[i%len(ranked)], i/len(ranked))...)
	}
	return servers
}

// siloServers returns the servers of one silo. A replica above 0 adds as many again, with higher numbers.
func siloServers(seed uint64, place silo, replica int) []server {
	where := regions[place.region]
	cell := where.name + "-cell-" + strconv.Itoa(place.cell)
	name := cell + "-silo-" + strconv.Itoa(place.silo)
	prefix := dice(rollText(seed, name))
	tag := prefix.name(8)

	var servers []server
	for _, of := range services {
		busy := prefix.below(int64(of.servers))
		for i := range of.servers {
			number := replica*of.servers + i
			instance := fmt.Sprintf("i-%s-%s-%04d.amazonaws.com", tag, of.name, number)
			shared := []Dimension{
				{"region", where.name}, {"cell", cell}, {"silo", name},
				{"availability_zone", where.name + "-" + strconv.Itoa(number%3+1)},
				{"microservice_name", of.name}, {"instance_name", instance},
			}
			one := server{
				id: rollText(seed, name+"/"+instance), region: place.region, memoryMB: of.memoryMB,
				dims: withDimensions(shared, Dimension{"instance_type", of.instanceType}, Dimension{"os_version", of.osVersion}),
			}
			switch {
			case int64(i) == busy && of.hot:
				one.load = hot
			case int64(i) == busy && of.idle:
				one.load = idle
			}
			for _, p := range of.processes {
				one.processes = append(one.processes, process{
					id:   rollText(one.id, p),
					dims: withDimensions(shared, Dimension{"process_name", p}, Dimension{"jdk_version", of.jdkVersion}),
				})
			}
			servers = append(servers, one)
		}
	}
	return servers
}

// withDimensions returns a list of its own with both parts.
func withDimensions(shared []Dimension, more ...Dimension) []Dimension {
	return append(slices.Clone(shared), more...)
}
