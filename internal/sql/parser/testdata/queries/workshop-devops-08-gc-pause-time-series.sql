SELECT
    silo, microservice_name, instance_name,
    CREATE_TIME_SERIES(time, measure_value::double) AS gc_pause
FROM devops.metrics
WHERE time BETWEEN from_milliseconds(1) AND from_milliseconds(2)
    AND measure_name = 'gc_pause'
    AND region = 'ap-northeast-1'
    AND cell = 'ap-northeast-1-cell-5'
    AND silo = 'ap-northeast-1-cell-5-silo-2'
    AND availability_zone = 'ap-northeast-1-3'
    AND microservice_name = 'zeus'
GROUP BY region,
    cell,
    silo,
    availability_zone,
    microservice_name,
    instance_name,
    process_name,
    jdk_version
ORDER BY AVG(measure_value::double) DESC
LIMIT 3
