select BIN(time, 5m) as time, name, AVG(value) as value, modelKey, productKey, deviceNo
from iot.device_data
WHERE "systemId"='system-1' 
  AND "productKey"='product-1' 
  AND "time">=from_milliseconds(1748448000000) 
  AND "time"<=from_milliseconds(1748518157000) 
  AND ("name"='metric_a' OR "name"='metric_b' OR "name"='metric_c' 
       OR "name"='metric_d' OR "name"='metric_e' OR "name"='metric_f' 
       OR "name"='metric_g' OR "name"='metric_h') 
group by name, BIN(time, 5m), productKey, modelKey, deviceNo 
order by time asc
