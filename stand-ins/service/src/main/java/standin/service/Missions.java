package standin.service;

import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import standin.common.Keys;
import standin.common.Messages;
import standin.common.Present;
import standin.common.Trace;

/** A request that uses everything the service is connected to. */
@RestController
class Missions {

  private static final Logger log = LoggerFactory.getLogger(Missions.class);

  private final Rows rows;
  private final Keys keys;
  private final Messages messages;
  private final Model model;
  private final Trace trace;

  Missions(Rows rows, Keys keys, Messages messages, Model model, Trace trace) {
    this.rows = rows;
    this.keys = keys;
    this.messages = messages;
    this.model = model;
    this.trace = trace;
  }

  @PostMapping("/missions")
  Map<String, Object> start(@RequestParam String vehicle) throws Exception {
    if (!rows.available() && !keys.available() && !messages.available() && !model.available()) {
      throw Present.missing("anything");
    }
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("row", rows.available() ? rows.add(vehicle).get("id") : null);
    answer.put("key", keys.available() ? keys.put("mission:" + vehicle, trace.id()).get("key") : null);
    answer.put("sent", messages.available() ? messages.send("route-updates", 1, vehicle).get("sent") : null);
    answer.put("score", model.available() ? model.score() : null);
    answer.put("traceId", trace.id());
    log.info("a mission of {}: {}", vehicle, answer);
    return answer;
  }
}
