SELECT measure_value::varchar AS task_end_state, COUNT(*) AS num_tasks
FROM devops.metrics
WHERE time BETWEEN from_milliseconds(1) AND from_milliseconds(2)
    AND measure_name = 'task_end_state'
    AND region = 'ap-northeast-1'
    AND cell = 'ap-northeast-1-cell-1'
    AND microservice_name = 'apollo'
GROUP BY measure_value::varchar
ORDER BY 2 DESC
