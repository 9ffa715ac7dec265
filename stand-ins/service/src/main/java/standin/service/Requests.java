package standin.service;

import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.support.ServletUriComponentsBuilder;
import standin.common.Trace;

/** Requests that need no store: what arrived, how large, and answers that are slow, wrong or costly. */
@RestController
class Requests {

  private static final Logger log = LoggerFactory.getLogger(Requests.class);

  private final String name;
  private final Trace trace;

  Requests(@Value("${spring.application.name}") String name, Trace trace) {
    this.name = name;
    this.trace = trace;
  }

  /** The request as the service sees it; the address is the one that it would write into a link. */
  @GetMapping("/request")
  Map<String, Object> request(HttpServletRequest request) throws IOException {
    log.info("a request from {}", request.getRemoteAddr());
    Map<String, String> headers = new TreeMap<>();
    for (String header : Collections.list(request.getHeaderNames())) {
      headers.put(header.toLowerCase(), String.join(", ", Collections.list(request.getHeaders(header))));
    }
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("name", name);
    answer.put("hostname", InetAddress.getLocalHost().getHostName());
    answer.put("url", ServletUriComponentsBuilder.fromCurrentRequest().toUriString());
    answer.put("remoteAddress", request.getRemoteAddr());
    answer.put("headers", headers);
    answer.put("traceId", trace.id());
    return answer;
  }

  @PostMapping("/body")
  Map<String, Long> body(HttpServletRequest request) throws IOException {
    return Map.of("bytes", request.getInputStream().transferTo(OutputStream.nullOutputStream()));
  }

  @GetMapping("/slow")
  Map<String, Long> slow(@RequestParam long millis) throws InterruptedException {
    Thread.sleep(millis);
    return Map.of("millis", millis);
  }

  @GetMapping("/status/{code}")
  ResponseEntity<Map<String, Integer>> status(@PathVariable int code) {
    return ResponseEntity.status(code).body(Map.of("status", code));
  }

  /** Keeps one CPU busy. */
  @GetMapping("/burn")
  Map<String, Long> burn(@RequestParam long millis) {
    long end = System.nanoTime() + millis * 1_000_000;
    long rounds = 0;
    while (System.nanoTime() < end) rounds++;
    return Map.of("millis", millis, "rounds", rounds);
  }
}
