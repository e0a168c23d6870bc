package generator

import (
	"fmt"
	"iter"
	"strconv"
	"time"
)

// IoTMetricsInterval is the default time between two records of a device's property.
const IoTMetricsInterval = time.Minute

// Size and names of the IoTMetrics fleet.
const (
	iotDevices       = 30 // at scale 1
	devicesPerSystem = 3
	iotMetricsName   = "metrics" // the measure name of every record
)

// TrendProperties are the properties of a device whose course is of interest: the window aggregation asks for eight.
var TrendProperties = []string{
	"activePower", "reactivePower", "pvPower", "batteryPower", "gridPower", "loadPower", "dcVoltage", "dcCurrent",
}

// StateProperties are the properties of a device whose latest value is of interest: the latest-record statement asks for
// forty-four.
var StateProperties = []string{
	"batterySoc", "batterySoh", "batteryVoltage", "batteryCurrent", "batteryTemperature", "batteryCycles",
	"chargeEnergyToday", "chargeEnergyTotal", "dischargeEnergyToday", "dischargeEnergyTotal",
	"pvEnergyToday", "pvEnergyTotal", "gridImportToday", "gridImportTotal", "gridExportToday", "gridExportTotal",
	"loadEnergyToday", "loadEnergyTotal", "pv1Voltage", "pv1Current", "pv2Voltage", "pv2Current",
	"gridVoltageA", "gridVoltageB", "gridVoltageC", "gridCurrentA", "gridCurrentB", "gridCurrentC", "gridFrequency",
	"powerFactor", "insulationResistance", "leakageCurrent", "inverterTemperature", "radiatorTemperature",
	"ambientTemperature", "busVoltage", "signalStrength", "firmwareVersion", "workMode", "gridStatus", "alarmCount",
	"uptimeHours", "fanSpeed", "relayState",
}

// product is a kind of device.
type product struct {
	key    string
	models []string
	source string
}

// products are the kinds of device; each system has one of each.
var products = []product{
	{"hybrid-inverter", []string{"HI-5K", "HI-8K", "HI-12K"}, "mqtt"},
	{"battery-pack", []string{"BP-10", "BP-15"}, "modbus"},
	{"smart-meter", []string{"SM-1P", "SM-3P"}, "http"},
}

// states are what stringValue says for some values, before the number itself is used.
var states = map[string][]string{
	"workMode":   {"self-use", "backup", "time-of-use"},
	"gridStatus": {"connected", "connected", "connected", "islanded"},
	"relayState": {"closed", "open"},
}

// Device is one device of the IoTMetrics fleet.
type Device struct {
	DeviceNo, SystemID, ProductKey, ModelKey, Source string

	id    uint64
	phase int64
	dims  [][]Dimension // by property
}

// IoTMetrics is the table of the IoT cost article: one multi-measure record for each device, property and minute.
type IoTMetrics struct {
	interval   int64
	properties []string
	devices    []Device
}

// NewIoTMetrics returns the fleet. Scale 1 is 30 devices with 52 properties each; the smallest has one system of 3.
func NewIoTMetrics(o Options) (*IoTMetrics, error) {
	o, err := o.settle(IoTMetricsInterval)
	if err != nil {
		return nil, err
	}
	s := &IoTMetrics{interval: int64(o.Interval)}
	s.properties = append(append(s.properties, TrendProperties...), StateProperties...)
	for i := range o.scaled(iotDevices, devicesPerSystem) {
		s.devices = append(s.devices, s.newDevice(o.Seed, i))
	}
	return s, nil
}

// newDevice returns device number i.
func (s *IoTMetrics) newDevice(seed uint64, i int) Device {
	kind := products[i%devicesPerSystem]
	d := Device{
		DeviceNo: fmt.Sprintf("DEV%06d", i+1), SystemID: fmt.Sprintf("SYS%05d", i/devicesPerSystem+1),
		ProductKey: kind.key, Source: kind.source,
	}
	d.id = rollText(seed, d.DeviceNo)
	own := dice(d.id)
	d.ModelKey = kind.models[own.below(int64(len(kind.models)))]
	d.phase = own.below(s.interval/int64(time.Millisecond)) * int64(time.Millisecond)
	for _, property := range s.properties {
		d.dims = append(d.dims, []Dimension{
			{"deviceNo", d.DeviceNo}, {"systemId", d.SystemID}, {"productKey", d.ProductKey},
			{"name", property}, {"modelKey", d.ModelKey}, {"source", d.Source},
		})
	}
	return d
}

// Devices returns the devices. Do not change them.
func (s *IoTMetrics) Devices() []Device { return s.devices }

// PerRound returns the number of series.
func (s *IoTMetrics) PerRound() int { return len(s.devices) * len(s.properties) }

// Interval returns the time between two records of a series.
func (s *IoTMetrics) Interval() time.Duration { return time.Duration(s.interval) }

// Records yields, at each step, all properties of one device after the other; each device has a phase of its own.
func (s *IoTMetrics) Records(from, to int64) iter.Seq[Record] {
	return func(yield func(Record) bool) {
		if to <= from {
			return
		}
		for k := floorDiv(from, s.interval) - 1; k <= floorDiv(to, s.interval); k++ {
			for i := range s.devices {
				d := &s.devices[i]
				t := k*s.interval + d.phase
				if t < from || t >= to {
					continue
				}
				for p, name := range s.properties {
					r := Record{Dimensions: d.dims[p], Measure: iotMetricsName, Attributes: d.attributes(p, name, t), Time: t}
					if !yield(r) {
						return
					}
				}
			}
		}
	}
}

// attributes returns the values of one property at one time. A failed check adds a message; about one in a hundred does.
func (d *Device) attributes(property int, name string, t int64) []Attribute {
	own := roll(d.id, uint64(property))
	now := roll(d.id, uint64(property), uint64(t))
	level := own.between(5, 500)
	n := hundredths(level*(0.3+wave(t, 0))+0.05*level*now.bell(), 0.01)
	value := double(n)

	text := value.String()
	if words, ok := states[name]; ok {
		text = words[now.below(int64(len(words)))]
	}
	attributes := make([]Attribute, 0, 4)
	attributes = append(attributes, Attribute{"value", value}, Attribute{"stringValue", varchar(text)})
	if now.below(100) == 0 {
		attributes = append(attributes, Attribute{"checkFailedMsg", varchar("value " + text + " of " + name + " is out of range")})
	}
	id := strconv.FormatUint(1<<63|now.next(), 16) + strconv.FormatUint(1<<63|now.next(), 16)
	return append(attributes, Attribute{"requestId", varchar(id)})
}
