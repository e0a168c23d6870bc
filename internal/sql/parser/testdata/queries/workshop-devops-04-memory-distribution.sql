SELECT region, cell, microservice_name, BIN(time, 1h) AS hour,
    COUNT(DISTINCT instance_name) AS num_hosts,
    ROUND(AVG(measure_value::double), 2) AS avg_value,
    ROUND(APPROX_PERCENTILE(measure_value::double, 0.9), 2) AS p90_value,
    ROUND(APPROX_PERCENTILE(measure_value::double, 0.95), 2) AS p95_value,
    ROUND(APPROX_PERCENTILE(measure_value::double, 0.99), 2) AS p99_value
FROM devops.metrics
WHERE time BETWEEN from_milliseconds(1) AND from_milliseconds(2)
    AND measure_name = 'memory_used'
    AND microservice_name = 'zeus'
GROUP BY region, cell, microservice_name, BIN(time, 1h)
ORDER BY p99_value DESC
