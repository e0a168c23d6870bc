SELECT region, cell, silo, availability_zone, microservice_name,
    instance_type, os_version, instance_name
FROM devops.metrics
WHERE time BETWEEN from_milliseconds(1) AND from_milliseconds(2)
    AND region = 'us-east-1'
    AND measure_name = 'cpu_user'
GROUP BY region, cell, silo, availability_zone, microservice_name,
    instance_type, os_version, instance_name
ORDER BY region, cell, silo, availability_zone, microservice_name,
    instance_type, os_version, instance_name
