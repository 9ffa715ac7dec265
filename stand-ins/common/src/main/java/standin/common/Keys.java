package standin.common;

import java.util.Map;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/** Keys of Redis. */
@RestController
public class Keys {

  private final ObjectProvider<StringRedisTemplate> redis;

  Keys(ObjectProvider<StringRedisTemplate> redis) {
    this.redis = redis;
  }

  /** Whether there is a Redis. */
  public boolean available() {
    return redis.getIfAvailable() != null;
  }

  @PutMapping("/keys/{key}")
  public Map<String, String> put(@PathVariable String key, @RequestParam String value) {
    Present.require(redis, "Redis").opsForValue().set(key, value);
    return Map.of("key", key, "value", value);
  }

  @GetMapping("/keys/{key}")
  Map<String, String> get(@PathVariable String key) {
    String value = Present.require(redis, "Redis").opsForValue().get(key);
    if (value == null) throw new ResponseStatusException(HttpStatus.NOT_FOUND, "no key " + key);
    return Map.of("value", value);
  }
}
