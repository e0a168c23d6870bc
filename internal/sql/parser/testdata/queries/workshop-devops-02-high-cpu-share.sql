SELECT ROUND(COUNT(IF(p90Cpu > 80, 1, NULL)) * 100 / CAST(COUNT(*) AS DOUBLE)) AS PercentageHigh
FROM
    (
        SELECT instance_name, approx_percentile(measure_value::double, 0.9) as p90Cpu
        FROM devops.metrics
        WHERE time BETWEEN from_milliseconds(1) AND from_milliseconds(2)
            AND measure_name = 'cpu_user'
            AND region = 'ap-northeast-1' AND cell = 'ap-northeast-1-cell-5' AND microservice_name = 'zeus'
        GROUP BY region, cell, silo, availability_zone, microservice_name, instance_name
    )
