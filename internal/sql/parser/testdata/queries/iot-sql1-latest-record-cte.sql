-- As the article prints it, the statement stops after the CTE; a final SELECT must be added to run it
-- (the article: "complex CTE + multi-table JOIN"). See sql1-latest-record-cte-complete.sql.
WITH latest_record as (
    select systemId, deviceNo, name, max(time) as latest_time
    FROM iot.device_data
    WHERE "value">0 
      AND "time"<=from_milliseconds(1748426399999)
      AND ("deviceNo"='device_1' OR "deviceNo"='device_2' OR "deviceNo"='device_3')
      AND ("name"='metric_1' OR "name"='metric_2' OR "name"='metric_3' 
           OR "name"='metric_4' OR "name"='metric_5' OR "name"='metric_6' 
           OR "name"='metric_7' OR "name"='metric_8' OR "name"='metric_9' 
           OR "name"='metric_10' OR "name"='metric_11' OR "name"='metric_12' 
           OR "name"='metric_13' OR "name"='metric_14' OR "name"='metric_15' 
           OR "name"='metric_16' OR "name"='metric_17' OR "name"='metric_18' 
           OR "name"='metric_19' OR "name"='metric_20' OR "name"='metric_21' 
           OR "name"='metric_22' OR "name"='metric_23' OR "name"='metric_24' 
           OR "name"='metric_25' OR "name"='metric_26' OR "name"='metric_27' 
           OR "name"='metric_28' OR "name"='metric_29' OR "name"='metric_30' 
           OR "name"='metric_31' OR "name"='metric_32' OR "name"='metric_33' 
           OR "name"='metric_34' OR "name"='metric_35' OR "name"='metric_36' 
           OR "name"='metric_37' OR "name"='metric_38' OR "name"='metric_39' 
           OR "name"='metric_40' OR "name"='metric_41' OR "name"='metric_42' 
           OR "name"='metric_43' OR "name"='metric_44') 
    group by systemId, deviceNo, name
)
