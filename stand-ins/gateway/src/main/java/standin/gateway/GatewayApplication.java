package standin.gateway;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import reactor.core.publisher.Hooks;

/** Spring Cloud Gateway: its routes, limits and whose tokens it takes are the environment's. */
@SpringBootApplication
public class GatewayApplication {

  public static void main(String[] arguments) {
    // Logs of WebFlux have the trace's id only with this.
    Hooks.enableAutomaticContextPropagation();
    SpringApplication.run(GatewayApplication.class, arguments);
  }
}
