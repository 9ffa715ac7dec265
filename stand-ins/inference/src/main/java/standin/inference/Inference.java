package standin.inference;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import standin.common.Keys;

/** The model: a score at random. With Redis, it keeps the latest one. */
@RestController
class Inference {

  private static final Logger log = LoggerFactory.getLogger(Inference.class);

  private final Timer timer;
  private final Keys keys;

  Inference(MeterRegistry registry, Keys keys) {
    this.timer = registry.timer("inference.requests");
    this.keys = keys;
  }

  @PostMapping("/infer")
  Map<String, Double> infer(@RequestParam(defaultValue = "0") long millis) throws Exception {
    double score = timer.recordCallable(() -> scoreAfter(millis));
    if (keys.available()) keys.put("inference:latest", Double.toString(score));
    log.info("a score of {} after {} ms", score, millis);
    return Map.of("score", score);
  }

  private static double scoreAfter(long millis) throws InterruptedException {
    Thread.sleep(millis);
    return ThreadLocalRandom.current().nextDouble();
  }
}
