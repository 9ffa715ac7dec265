package standin.common;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.springframework.boot.context.event.ApplicationEnvironmentPreparedEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * Leaves out what the environment names no address of: Spring Boot would connect to a Redis or a Kafka on localhost, and would
 * not start without a database. Each class has the name of Spring Boot 3 and of Spring Boot 4; one that is not there is ignored.
 */
public class MissingConnections implements ApplicationListener<ApplicationEnvironmentPreparedEvent> {

  private static final String BOOT3 = "org.springframework.boot.autoconfigure.";
  private static final String BOOT4 = "org.springframework.boot.";

  /** What configures a client, by the properties of which one gives its address. */
  private static final Map<List<String>, List<String>> CLIENTS =
      Map.of(
          List.of("spring.datasource.url"),
          List.of(
              BOOT3 + "jdbc.DataSourceAutoConfiguration",
              BOOT4 + "jdbc.autoconfigure.DataSourceAutoConfiguration"),
          List.of("spring.data.redis.host", "spring.data.redis.cluster.nodes", "spring.data.redis.url"),
          List.of(
              BOOT3 + "data.redis.RedisAutoConfiguration",
              BOOT3 + "data.redis.RedisReactiveAutoConfiguration",
              BOOT4 + "data.redis.autoconfigure.DataRedisAutoConfiguration",
              BOOT4 + "data.redis.autoconfigure.DataRedisReactiveAutoConfiguration"),
          List.of("spring.kafka.bootstrap-servers"),
          List.of(BOOT3 + "kafka.KafkaAutoConfiguration", BOOT4 + "kafka.autoconfigure.KafkaAutoConfiguration"));

  @Override
  public void onApplicationEvent(ApplicationEnvironmentPreparedEvent event) {
    ConfigurableEnvironment environment = event.getEnvironment();
    List<String> excluded = new ArrayList<>();
    CLIENTS.forEach(
        (properties, configurations) -> {
          if (properties.stream().noneMatch(environment::containsProperty)) excluded.addAll(configurations);
        });
    String exclude = "spring.autoconfigure.exclude";
    String others = environment.getProperty(exclude, "");
    String all = String.join(",", Stream.concat(Stream.of(others), excluded.stream()).filter(s -> !s.isEmpty()).toList());
    environment.getPropertySources().addFirst(new MapPropertySource("missing connections", Map.of(exclude, all)));
  }
}
