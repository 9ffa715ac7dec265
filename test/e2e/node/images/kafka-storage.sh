#!/bin/sh
# Kafka's own script, as far as the manifests use it.
exec java $KAFKA_LOG4J_OPTS -cp '/opt/kafka/libs/*' kafka.tools.StorageTool "$@"
