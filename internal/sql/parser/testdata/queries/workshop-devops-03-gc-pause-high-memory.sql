WITH per_instance_memory_used AS (
    SELECT region, cell, silo, availability_zone, microservice_name, instance_name, BIN(time, 5m) AS time_bin,
        MAX(measure_value::double) AS max_memory
    FROM devops.metrics
    WHERE time BETWEEN from_milliseconds(1) AND from_milliseconds(2)
        AND measure_name = 'memory_used'
        AND region = 'us-east-1' AND cell = 'us-east-1-cell-1'
    GROUP BY region, cell, silo, availability_zone,
        microservice_name, instance_name, BIN(time, 5m)
), per_microservice_memory AS (
    SELECT region, cell, silo, microservice_name,
        APPROX_PERCENTILE(max_memory, 0.95) AS p95_max_memory
    FROM per_instance_memory_used
    GROUP BY region, cell, silo, microservice_name
), per_silo_ranked AS (
    SELECT region, cell, silo, microservice_name,
        DENSE_RANK() OVER (PARTITION BY region, cell, silo ORDER BY p95_max_memory DESC) AS rank
    FROM per_microservice_memory
), instances_with_high_memory AS (
    SELECT r.region, r.cell, r.silo, r.microservice_name, m.instance_name,
        APPROX_PERCENTILE(max_memory, 0.95) AS p95_max_memory
    FROM per_silo_ranked r INNER JOIN per_instance_memory_used m
        ON r.region = m.region AND r.cell = m.cell AND r.silo = m.silo AND r.microservice_name = m.microservice_name
    WHERE r.rank = 1
    GROUP BY r.region, r.cell, r.silo, r.microservice_name, m.instance_name
), ranked_instances AS (
    SELECT region, cell, silo, microservice_name, instance_name,
        DENSE_RANK() OVER (PARTITION BY region, cell, silo, microservice_name ORDER BY p95_max_memory DESC) AS rank
    FROM instances_with_high_memory
)
SELECT t.region, t.cell, t.silo, t.microservice_name, t.instance_name, t.process_name, t.jdk_version,
    MIN(measure_value::double) AS min_gc_pause,
    ROUND(AVG(measure_value::double), 2) AS avg_gc_pause,
    ROUND(STDDEV(measure_value::double), 2) AS stddev_gc_pause,
    ROUND(APPROX_PERCENTILE(measure_value::double, 0.5), 2) AS p50_gc_pause,
    ROUND(APPROX_PERCENTILE(measure_value::double, 0.9), 2) AS p90_gc_pause,
    ROUND(APPROX_PERCENTILE(measure_value::double, 0.99), 2) AS p99_gc_pause
FROM ranked_instances r INNER JOIN devops.metrics t ON
    r.region = t.region AND r.cell = t.cell AND r.silo = t.silo AND
    r.microservice_name = t.microservice_name AND r.instance_name = t.instance_name
WHERE time BETWEEN from_milliseconds(1) AND from_milliseconds(2)
    AND measure_name = 'gc_pause'
    AND rank = 1
GROUP BY t.region, t.cell, t.silo, t.microservice_name, t.instance_name, t.process_name, t.jdk_version
