package standin.common;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Messages of Kafka: what was sent, and what has been consumed. */
@RestController
public class Messages {

  /** How long a request waits for Kafka to have its messages. */
  private static final Duration WAIT = Duration.ofSeconds(10);

  /** A message that was consumed, and the trace that it is part of. */
  public record Message(String topic, String text, String traceId) {}

  private final ObjectProvider<KafkaTemplate<String, String>> kafka;
  private long consumed;
  private Message last;

  Messages(ObjectProvider<KafkaTemplate<String, String>> kafka) {
    this.kafka = kafka;
  }

  /** Whether there is a Kafka. */
  public boolean available() {
    return kafka.getIfAvailable() != null;
  }

  @PostMapping("/messages/{topic}")
  public Map<String, Integer> send(
      @PathVariable String topic, @RequestParam(defaultValue = "1") int count, @RequestParam(defaultValue = "") String text)
      throws ExecutionException, InterruptedException, TimeoutException {
    KafkaTemplate<String, String> template = Present.require(kafka, "Kafka");
    List<CompletableFuture<?>> sending = new ArrayList<>();
    for (int i = 0; i < count; i++) sending.add(template.send(topic, text));
    CompletableFuture.allOf(sending.toArray(CompletableFuture[]::new)).get(WAIT.toMillis(), TimeUnit.MILLISECONDS);
    return Map.of("sent", count);
  }

  @GetMapping("/messages")
  synchronized Map<String, Object> messages() {
    Present.require(kafka, "Kafka");
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("consumed", consumed);
    answer.put("last", last);
    return answer;
  }

  /** Counts a message that a listener was given. */
  public synchronized void received(Message message) {
    consumed++;
    last = message;
  }
}
