SELECT region, cell, silo, availability_zone,
    approx_distinct(microservice_name || instance_name) AS num_instances
FROM devops.metrics
WHERE time BETWEEN from_milliseconds(1) AND from_milliseconds(2)
    AND measure_name = 'cpu_user'
GROUP BY region, cell, silo, availability_zone
ORDER BY region, cell, silo, availability_zone
