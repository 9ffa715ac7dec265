package standin.common;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** Who answers. */
@RestController
class Hello {

  private final String name;

  Hello(@Value("${spring.application.name}") String name) {
    this.name = name;
  }

  @GetMapping(path = "/hello", produces = MediaType.TEXT_PLAIN_VALUE)
  String hello() {
    return "hello from " + name;
  }
}
