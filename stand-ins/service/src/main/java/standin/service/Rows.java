package standin.service;

import java.util.Map;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import standin.common.Present;

/** Rows of PostgreSQL, in a table of the service's own, which the first request makes. */
@RestController
class Rows {

  private final ObjectProvider<JdbcTemplate> database;
  private final String table;

  Rows(ObjectProvider<JdbcTemplate> database, @Value("${spring.application.name}") String name) {
    this.database = database;
    this.table = name.replaceAll("[^a-z0-9]", "_") + "_rows";
  }

  boolean available() {
    return database.getIfAvailable() != null;
  }

  @PostMapping("/rows")
  Map<String, Long> add(@RequestParam String text) {
    return Map.of("id", connect().queryForObject("INSERT INTO " + table + " (text) VALUES (?) RETURNING id", Long.class, text));
  }

  @GetMapping("/rows")
  Map<String, Long> count() {
    return Map.of("count", connect().queryForObject("SELECT count(*) FROM " + table, Long.class));
  }

  /** The database, with the table. Two pods may make it at once, which PostgreSQL answers with an error: the lock prevents that. */
  private JdbcTemplate connect() {
    JdbcTemplate present = Present.require(database, "PostgreSQL");
    if (present.queryForObject("SELECT to_regclass(?)::text", String.class, table) == null) {
      present.execute(
          "DO $$ BEGIN PERFORM pg_advisory_xact_lock(hashtext('" + table + "'));"
              + " CREATE TABLE IF NOT EXISTS " + table + " (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text text NOT NULL);"
              + " END $$");
    }
    return present;
  }
}
