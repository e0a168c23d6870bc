SELECT  
      systemId,   
      value,  
      stringValue,  
      deviceNo,  
      modelKey,  
      name,  
      time,  
      requestId,  
      productKey  
    FROM (  
      SELECT *,  
             ROW_NUMBER() OVER (  
               PARTITION BY systemId, deviceNo, name  
               ORDER BY time DESC  
             ) AS row_num  
      FROM iot.device_data
      WHERE   
        time BETWEEN from_milliseconds(1748480400000) AND from_milliseconds(1748483999999)  
        AND (systemId = 'system-1')  
        AND name IN (  
          'metric_1', 'metric_2', 'metric_N'  
        )
    )   
    WHERE row_num = 1
