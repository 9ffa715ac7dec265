package standin.service;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.stereotype.Component;
import standin.common.Messages;
import standin.common.Messages.Message;
import standin.common.Trace;

/** What autonomous-op consumes: the topics whose lag it is scaled by. */
@Component
@ConditionalOnProperty(name = "spring.application.name", havingValue = "autonomous-op")
class Telemetry {

  private static final Logger log = LoggerFactory.getLogger(Telemetry.class);

  private final Messages messages;
  private final Trace trace;

  Telemetry(Messages messages, Trace trace) {
    this.messages = messages;
    this.trace = trace;
  }

  @KafkaListener(topics = {"vehicle-telemetry", "route-updates"})
  void receive(ConsumerRecord<String, String> record) {
    log.info("a message of {}", record.topic());
    messages.received(new Message(record.topic(), record.value(), trace.id()));
  }
}
