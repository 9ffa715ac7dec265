package standin.service;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** A service with what the deployment connects it to, and nothing else: fms, tms, scm or autonomous-op, by its name. */
@SpringBootApplication(scanBasePackages = "standin")
public class ServiceApplication {

  public static void main(String[] arguments) {
    SpringApplication.run(ServiceApplication.class, arguments);
  }
}
