#!/bin/sh
# Kafka's own script, as far as the manifests use it: the settings are the argument, heap and log come from the environment.
exec java $KAFKA_HEAP_OPTS $KAFKA_LOG4J_OPTS -cp '/opt/kafka/libs/*' kafka.Kafka "$@"
