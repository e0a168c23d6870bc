SELECT COUNT(*) AS NumLowUtilizationHosts FROM (
    SELECT region, cell, silo, availability_zone, microservice_name, instance_name
    FROM devops.metrics
    WHERE time BETWEEN from_milliseconds(1) AND from_milliseconds(2)
        AND measure_name ='cpu_used'
        AND microservice_name = 'apollo'
    GROUP BY region, cell, silo, availability_zone, microservice_name, instance_name
    HAVING approx_percentile(measure_value::double, 0.9) < 20
)
