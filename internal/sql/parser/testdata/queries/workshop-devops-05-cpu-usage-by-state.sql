SELECT BIN(time, 1m) AS time_bin,
    AVG(CASE WHEN measure_name = 'cpu_user' THEN measure_value::double ELSE NULL END) AS avg_cpu_user,
    AVG(CASE WHEN measure_name = 'cpu_system' THEN measure_value::double ELSE NULL END) AS avg_cpu_system,
    AVG(CASE WHEN measure_name = 'cpu_idle' THEN measure_value::double ELSE NULL END) AS avg_cpu_idle,
    AVG(CASE WHEN measure_name = 'cpu_iowait' THEN measure_value::double ELSE NULL END) AS avg_cpu_iowait,
    AVG(CASE WHEN measure_name = 'cpu_steal' THEN measure_value::double ELSE NULL END) AS avg_cpu_steal,
    AVG(CASE WHEN measure_name = 'cpu_nice' THEN measure_value::double ELSE NULL END) AS avg_cpu_nice,
    AVG(CASE WHEN measure_name = 'cpu_si' THEN measure_value::double ELSE NULL END) AS avg_cpu_si,
    AVG(CASE WHEN measure_name = 'cpu_hi' THEN measure_value::double ELSE NULL END) AS avg_cpu_hi
FROM devops.metrics
WHERE time BETWEEN from_milliseconds(1) AND from_milliseconds(2)
    AND measure_name IN (
        'cpu_user', 'cpu_system', 'cpu_idle', 'cpu_iowait',
        'cpu_steal', 'cpu_nice', 'cpu_si', 'cpu_hi'
    )
    AND region = 'ap-northeast-1' AND cell = 'ap-northeast-1-cell-5' AND silo = 'ap-northeast-1-cell-5-silo-2'
    AND availability_zone = 'ap-northeast-1-3' AND microservice_name = 'zeus'
    AND instance_type = 'm5.4xlarge' AND os_version = 'AL2'
GROUP BY BIN(time, 1m)
ORDER BY time_bin desc
